"""A backup publisher, from the outside: what viewers get when the primary stops, falls silent, or comes back."""

from __future__ import annotations

from origin.live.standby import Standby
from tests.origin.live.house import KEY, House, uris
from tests.support.frames import VIDEO, pictures, push_all


async def stand_by(house: House, seconds: float = 1.5) -> Standby:
    """A backup that sends."""
    standby = await house.director.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
    assert isinstance(standby, Standby)
    standby.set_track(VIDEO)
    push_all(standby, pictures(seconds))
    return standby


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
    backup = await stand_by(house, seconds=6)
    assert primary.farewell.result().code == "silent"
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
