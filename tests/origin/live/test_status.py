from __future__ import annotations

from typing import TYPE_CHECKING

from origin.live.status import LiveStatus, status_of

if TYPE_CHECKING:
    from tests.origin.live.house import House


async def test_a_stream_that_is_not_here_is_idle() -> None:
    assert status_of(None) == LiveStatus("idle", (), None, (), None)


async def test_the_tracks_and_the_remarks_stay_when_the_publisher_has_gone(house: House) -> None:
    publication = await house.publish()
    publication.remark("long_gop", "Key frames are too far apart.")
    live = house.director.status(house.stream.id)
    assert (live.state, live.tracks, live.since) == ("live", ("avc1.64001F",), house.now)
    assert [remark.code for remark in live.health] == ["long_gop"]
    publication.close("gone")
    waiting = house.director.status(house.stream.id)
    assert (waiting.state, waiting.tracks, waiting.broadcast_id) == ("reconnecting", live.tracks, live.broadcast_id)
    await house.director.disconnect(house.stream.id, "enough")
    assert house.state == "ended"
