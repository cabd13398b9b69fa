from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from origin.catalog.on_air import Sight
from origin.live.health import Remark
from origin.live.status import LiveStatus, seen, status_of, written

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


SIGHT = Sight("st_a", "bc_a", started_at=5.0, ended_at=None, bulletin=None, held=True)
TOLD = LiveStatus("live", (Remark("long_gop", "Too long.", 7.5, 3),), 6.0, ("avc1.64001F", "mp4a.40.2"))


def test_a_bulletin_says_what_was_written() -> None:
    assert seen(replace(SIGHT, bulletin=written(TOLD))) == replace(TOLD, broadcast_id="bc_a")


@pytest.mark.parametrize("bulletin", [None, "", "{}", "[]", "[1]", "nonsense", '["live",[[1]],0,[]]', '["live",0,0,0]'])
def test_where_nothing_is_said_yet_the_catalog_knows_enough(bulletin: str | None) -> None:
    assert seen(replace(SIGHT, bulletin=bulletin)) == LiveStatus("live", since=5.0, broadcast_id="bc_a")


def test_a_writer_that_is_gone_does_not_stay_live() -> None:
    for held in (False, None):
        left = seen(replace(SIGHT, bulletin=written(TOLD), held=held))
        assert left == replace(TOLD, state="reconnecting", broadcast_id="bc_a")


def test_the_end_is_in_the_catalog() -> None:
    assert seen(replace(SIGHT, bulletin=written(TOLD), ended_at=9.0)).state == "ended"
