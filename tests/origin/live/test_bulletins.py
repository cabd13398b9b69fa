from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.catalog import broadcasts
from origin.catalog.broadcasts import Bulletin
from origin.live import bulletins
from origin.live.bulletins import Bulletins
from origin.observe import metrics

if TYPE_CHECKING:
    from tests.origin.live.house import House


@pytest.fixture
def board(house: House) -> Bulletins:
    return Bulletins(house.director._means, house.director._register)


async def posted(house: House) -> str:
    """What the catalog has of the one broadcast."""
    (row,) = await house.catalog.read(broadcasts.open_ones)
    return row.bulletin or ""


async def wipe(house: House) -> None:
    (row,) = await house.catalog.read(broadcasts.open_ones)
    wiped = Bulletin(row.id, row.epoch, "wiped")
    await house.catalog.write(lambda conn: broadcasts.post_bulletins(conn, [wiped]))


async def test_what_changes_is_posted_and_what_does_not_is_not(house: House, board: Bulletins) -> None:
    publication = await house.publish()
    await board.post()
    assert '"live"' in await posted(house)
    assert "avc1.64001F" in await posted(house)
    await wipe(house)
    await board.post()
    assert await posted(house) == "wiped"
    publication.remark("long_gop", "Key frames are too far apart.")
    await board.post()
    assert "long_gop" in await posted(house)
    publication.close("gone")
    await board.post()
    assert '"reconnecting"' in await posted(house)


async def test_a_remark_that_is_made_again_and_again_is_not_posted_each_time(
    house: House, board: Bulletins, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = await house.publish()
    publication.remark("long_gop", "Key frames are too far apart.")
    await board.post()
    await wipe(house)
    house.now += 1
    publication.remark("long_gop", "Key frames are too far apart.")
    await board.post()
    assert await posted(house) == "wiped"
    monkeypatch.setattr(bulletins, "REPEAT_S", 0.0)
    await board.post()
    assert str(house.now) in await posted(house)


async def test_a_catalog_that_fails_is_told_the_next_time(house: House, board: Bulletins) -> None:
    await house.publish()
    failures = metrics.catalog_failures.labels("bulletin")._value
    before = failures.get()
    house.catalog.full = True
    await board.post()
    assert failures.get() == before + 1
    house.catalog.full = False
    await board.post()
    assert '"live"' in await posted(house)


async def test_what_has_left_is_not_spoken_of(house: House, board: Bulletins) -> None:
    await house.publish()
    await board.post()
    await house.director.disconnect(house.stream.id, "enough")
    await board.post()
    assert board._posted == {}
