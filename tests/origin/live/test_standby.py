"""A backup publisher, from the outside: what viewers get when the primary stops, falls silent, or comes back."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from origin.live import standby
from origin.live.standby import Standby
from tests.origin.live.house import KEY, House, uris
from tests.support.frames import VIDEO, pictures, push_all

if TYPE_CHECKING:
    import pytest


async def stand_by(house: House, seconds: float = 1.5) -> Standby:
    """A backup that sends."""
    backup = await house.director.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
    assert isinstance(backup, Standby)
    backup.set_track(VIDEO)
    push_all(backup, pictures(seconds))
    return backup


async def test_a_backup_waits_and_is_on_the_air_when_the_primary_stops(house: House) -> None:
    primary = await house.publish(seconds=5)
    backup = await stand_by(house)
    before = await house.text()
    assert backup.publication is None
    primary.close("connection lost")
    assert house.state == "live"
    assert house.publication is backup.publication
    push_all(backup, pictures(4, start_ms=1_500))
    after = await house.text()
    assert uris(before) <= uris(after)
    assert "#EXT-X-DISCONTINUITY\n" in after
    assert not backup.farewell.done()


async def test_a_primary_that_comes_back_takes_over_and_the_backup_waits_again(house: House) -> None:
    primary = await house.publish(seconds=5)
    backup = await stand_by(house)
    primary.close("connection lost")
    again = await house.publish(seconds=5)
    assert backup.publication is None
    assert not backup.farewell.done()
    push_all(backup, pictures(1.5, start_ms=3_000))
    assert backup.publication is None
    again.close("connection lost")
    assert house.publication is backup.publication is not None


async def test_a_primary_that_falls_silent_makes_room(house: House) -> None:
    primary = await house.publish(seconds=5)
    backup = await stand_by(house, seconds=2)
    async with asyncio.timeout(10):
        for number in itertools.count(2):
            push_all(backup, pictures(1, start_ms=1_000 * number))
            if primary.farewell.done():
                break
            await asyncio.sleep(0.05)
    assert primary.farewell.result().code == "silent"
    assert house.publication is backup.publication is not None


async def test_a_backup_that_is_silent_itself_is_of_no_help(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "FRESH_S", 0.0)
    primary = await house.publish(seconds=5)
    backup = await stand_by(house)
    assert not backup.fresh
    primary.close("connection lost")
    assert house.state == "reconnecting"
    monkeypatch.setattr(standby, "FRESH_S", 10.0)
    push_all(backup, pictures(1, start_ms=2_000))
    async with asyncio.timeout(10):
        while house.state != "live":  # noqa: ASYNC110 - as a client
            await asyncio.sleep(0.01)
    assert house.publication is backup.publication


async def test_a_backup_alone_is_on_the_air_at_once(house: House) -> None:
    backup = await stand_by(house, seconds=5)
    assert house.state == "live"
    assert "1-0.m4s" in await house.text()
    backup.close("connection closed")
    assert house.state == "reconnecting"


async def test_a_second_backup_takes_the_firsts_place(house: House) -> None:
    await house.publish(seconds=5)
    first = await stand_by(house)
    second = await stand_by(house)
    assert first.farewell.result().code == "taken_over"
    await house.director.drain()
    assert second.farewell.result().code == "draining"
