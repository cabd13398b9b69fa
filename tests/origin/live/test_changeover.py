"""Publishers of one stream that come, go and follow each other; backups have a file of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.live.house import House


async def test_a_second_publisher_takes_over(house: House) -> None:
    first = await house.publish()
    second = await house.publish()
    assert first.farewell.result().code == "taken_over"
    assert not second.farewell.done()
    assert house.state == "live"
    assert "#EXT-X-DISCONTINUITY" in await house.text()
    first.close("its socket closed later")
    assert house.state == "live"


async def test_a_publisher_that_leaves_is_waited_for(house: House) -> None:
    publication = await house.publish()
    publication.close("gone")
    assert house.state == "reconnecting"
    await house.publish()
    assert house.state == "live"
    text = await house.text()
    assert "#EXT-X-DISCONTINUITY" in text
    assert "#EXT-X-ENDLIST" not in text
