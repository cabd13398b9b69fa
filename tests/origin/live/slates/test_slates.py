"""Slates on a whole node: when they begin, what of, and that they are gone when somebody publishes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.track import Codec
from origin.catalog import slates as rows
from origin.catalog.slates import Slate
from origin.live.slates import slates
from origin.live.slates.slates import UNAVAILABLE
from tests.origin.live.house import KEY, uris
from tests.support.frames import AUDIO, VIDEO, both, pictures, push_all
from tests.support.pictures import jpeg

if TYPE_CHECKING:
    from media.track import Track
    from origin.live.on_air import OnAir
    from tests.origin.live.house import House


async def give(house: House, picture: bytes | None = None) -> None:
    await house.catalog.write(lambda conn: rows.put(conn, Slate(house.stream.id, picture), None, house.now))


def present(house: House) -> OnAir:
    on_air = house.director._register.of_stream(house.stream.id)
    assert on_air is not None
    return on_air


async def left(house: House, *tracks: Track) -> OnAir:
    """A broadcast whose publisher has gone, once all is done about it that is to be done."""
    publication = await house.publish(seconds=0)
    for track in tracks:
        publication.set_track(track)
    push_all(publication, both(5) if len(tracks) > 1 else pictures(5))
    publication.close("gone")
    await house.director._chores.done()
    return present(house)


async def filled(on_air: OnAir, seconds: float) -> None:
    before = on_air.channel.presentation.reached_s
    async with asyncio.timeout(20):
        while on_air.channel.presentation.reached_s < before + seconds:  # noqa: ASYNC110 - as a viewer
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("picture", [None, jpeg(320, 200)])
@pytest.mark.parametrize("tracks", [(VIDEO,), (VIDEO, AUDIO)])
async def test_a_slate_fills_the_time_until_somebody_publishes(
    house: House, picture: bytes | None, tracks: tuple[Track, ...]
) -> None:
    await give(house, picture)
    on_air = await left(house, *tracks)
    before = await house.text()
    await filled(on_air, 1.5)
    assert house.state == "reconnecting"
    assert on_air.channel.packager.presentation.tracks["v0"].width == VIDEO.width
    publication = await house.publish(seconds=5)
    assert on_air.filler is None
    after = await house.text()
    assert uris(before) < uris(after)
    assert after.count("#EXT-X-DISCONTINUITY\n") == 2
    assert house.state == "live"
    pushed = publication.frames
    await asyncio.sleep(0.3)
    assert publication.frames == pushed, "the slate goes on beside the publisher"
    assert UNAVAILABLE not in {remark.code for remark in on_air.health.remarks}


async def test_without_a_slate_nothing_is_sent(house: House) -> None:
    on_air = await left(house, VIDEO)
    assert on_air.filler is None
    assert on_air.health.remarks == []


async def test_a_loop_is_encoded_while_the_publisher_is_still_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slates, "PREPARE_S", 0.01)
    await give(house)
    director = house.another("no_two")
    await house.publish(director=director)
    async with asyncio.timeout(20):
        while not director._workshop._loops:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.01)
    await director.drain()


@pytest.mark.parametrize(
    "tracks",
    [
        (AUDIO,),
        (replace(VIDEO, codec=Codec.VP9, config=bytes.fromhex("010000000014820202020000")),),
        (replace(VIDEO, width=1279),),
        (VIDEO, replace(AUDIO, codec=Codec.OPUS, config=b"")),
    ],
)
async def test_what_a_slate_does_not_suit_is_remarked(house: House, tracks: tuple[Track, ...]) -> None:
    await give(house)
    publication = await house.director.open(KEY, "rtmp", "127.0.0.1")
    for track in tracks:
        publication.set_track(track)
    push_all(publication, both(5))
    publication.close("gone")
    await house.director._chores.done()
    assert present(house).filler is None
    assert UNAVAILABLE in {remark.code for remark in present(house).health.remarks}


async def test_a_publisher_that_is_back_before_the_slate_is_ready_is_not_disturbed(house: House) -> None:
    await give(house)
    publication = await house.publish()
    publication.close("gone")
    await house.publish()
    await house.director._chores.done()
    assert present(house).filler is None
    assert house.state == "live"


async def test_the_end_and_a_drain_take_it_off(house: House) -> None:
    await give(house)
    on_air = await left(house, VIDEO)
    assert on_air.filler
    await house.director.disconnect(house.stream.id, "enough")
    assert on_air.filler is None
    assert "#EXT-X-ENDLIST" in await house.text()
    again = await left(house, VIDEO)
    assert again.filler
    await house.director.drain()
    assert again.filler is None


async def test_after_a_restart_it_goes_on(house: House) -> None:
    await give(house)
    await left(house, VIDEO)
    await house.director.drain()
    house.director = house.another("no_two")
    await house.director.revive()
    await house.director._chores.done()
    assert present(house).filler
    await filled(present(house), 0.5)
