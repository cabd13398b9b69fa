from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from origin.catalog import broadcasts, on_air
from origin.live import ending, tenure
from tests.origin.live.house import Failing, House, Slow, media_sequence, uris

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from sqlalchemy import Connection

    from origin.catalog.broadcasts import Broadcast
    from origin.catalog.streams import Stream


async def test_when_nobody_comes_back_it_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "LINGER_S", 0.05)
    publication = await house.publish()
    on_air = house.director.channel("pb_one")
    assert on_air is not None
    present = house.director._register.of_stream(house.stream.id)
    assert present is not None
    present.stream = _impatient(house.stream)
    publication.close("gone")
    async with asyncio.timeout(10):
        while await house.catalog.read(_broadcasts):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert on_air.ended
    assert house.state == "idle"
    assert await house.store.list("", None, 1) == []


async def test_disconnect_ends_at_once_and_the_next_broadcast_uses_new_names(house: House) -> None:
    publication = await house.publish()
    await house.director.disconnect(house.stream.id, "The operator ended the broadcast.")
    assert publication.farewell.result().code == "disconnected"
    assert house.state == "ended"
    ended = await house.text()
    assert "#EXT-X-ENDLIST" in ended
    await house.publish()
    begun = await house.text()
    assert not uris(ended) & uris(begun)
    assert "1-init-0.mp4" in ended
    assert "2-init-0.mp4" in begun, "the same playback id, and perhaps other parameters"
    assert media_sequence(begun) > media_sequence(ended)


async def test_who_lost_the_lease_unawares_and_ends_deletes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "LINGER_S", 0.0)
    await house.publish()
    stored = await _stored(house)
    house.now += tenure.LEASE_TTL_S + 1
    taken = await house.catalog.write(
        lambda conn: on_air.resume(conn, house.stream, "no_other", now=house.now, ttl_s=15.0)
    )
    assert taken is not None
    await house.director.disconnect(house.stream.id, "enough")
    await house.director.drain()  # which waits for whatever was to be deleted
    assert {one.key for one in await house.store.list("", None, 100)} >= stored
    (row,) = await house.catalog.read(broadcasts.open_ones)
    assert (row.id, row.epoch) == (taken.broadcast_id, 2)


async def _stored(house: House) -> set[str]:
    """What the store has of the broadcast once the keeper has done its work."""
    async with asyncio.timeout(10):
        while not (found := await house.store.list("", None, 100)):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0)
    return {one.key for one in found}


async def test_what_a_slow_store_takes_after_the_end_is_collected_too(tmp_path: Path) -> None:
    catalog = Failing.open(f"sqlite:///{tmp_path}/catalog.db")
    house = House(catalog, tmp_path / "logs")
    house.store = slow = Slow()
    house.director = house.another("no_slow")
    await house.add_stream(reconnect_window_s=3_600)
    await house.publish()
    first = house.director.status(house.stream.id).broadcast_id
    under_way = asyncio.create_task(house.director.disconnect(house.stream.id, "The operator ended it."))
    present = house.director._register.of_stream(house.stream.id)
    assert present is not None
    await present.noted.wait()
    coming = asyncio.create_task(house.publish())
    slow.let_in.set()
    await asyncio.gather(under_way, coming)
    async with asyncio.timeout(10):
        while first in {row.id for row in await catalog.read(_broadcasts)}:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert not [stored for stored in await slow.list("", None, 99) if f"/{first}/" in stored.key]
    await house.director.drain()
    await asyncio.to_thread(catalog.close)


def _broadcasts(conn: Connection) -> list[Broadcast]:
    """Those on the air, and those that are not collected yet."""
    return broadcasts.open_ones(conn) + broadcasts.ended_before(conn, math.inf, 9)


def _impatient(stream: Stream) -> Stream:
    return replace(stream, reconnect_window_s=0)
