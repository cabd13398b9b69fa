from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from origin.catalog import broadcasts, leases, on_air
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.leases import Lease
from origin.errors import Problem
from origin.live import director as director_module
from origin.live import tenure
from origin.observe import metrics
from origin.stores.manifests import load_manifest
from packager import inventory
from tests.origin.live.house import Failing, House, Slow, media_sequence, uris
from tests.support.keys import KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from origin.catalog.broadcasts import Broadcast
    from origin.catalog.streams import Stream


async def test_an_unknown_key_opens_nothing(house: House) -> None:
    with pytest.raises(Problem) as caught:
        await house.director.open("sk_wrong", "rtmp", "127.0.0.1")
    assert caught.value.code == "unauthorized"
    assert house.state == "idle"
    assert await house.catalog.read(broadcasts.open_ones) == []


async def test_a_stream_goes_live_and_says_what_it_carries(house: House) -> None:
    await house.publish()
    status = house.director.status(house.stream.id)
    assert (status.state, status.tracks) == ("live", ["avc1.64001F"])
    (row,) = await house.catalog.read(broadcasts.open_ones)
    assert (row.id, row.epoch, row.first_msn) == (status.broadcast_id, 1, 0)
    assert house.director.channel("pb_one") is not None
    assert house.director.channel("pb_other") is None


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


async def test_when_nobody_comes_back_it_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(director_module, "LINGER_S", 0.05)
    publication = await house.publish()
    on_air = house.director.channel("pb_one")
    assert on_air is not None
    house.director._by_stream[house.stream.id].stream = _impatient(house.stream)
    publication.close("gone")
    async with asyncio.timeout(10):
        while await house.catalog.read(_broadcasts):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert on_air.ended
    assert house.state == "idle"
    assert await house.store.list("", None, 1) == []


async def test_disconnect_ends_at_once_and_the_next_broadcast_uses_new_numbers(house: House) -> None:
    publication = await house.publish()
    await house.director.disconnect(house.stream.id, "The operator ended the broadcast.")
    assert publication.farewell.result().code == "disconnected"
    assert house.state == "ended"
    ended = await house.text()
    assert "#EXT-X-ENDLIST" in ended
    await house.publish()
    begun = await house.text()
    assert not uris(ended) & uris(begun)
    assert media_sequence(begun) > media_sequence(ended)


async def test_another_owner_is_kept_out_until_the_lease_runs_out(house: House) -> None:
    await house.publish(seconds=5)
    other = house.another("no_two")
    with pytest.raises(Problem) as caught:
        await house.publish(director=other)
    assert caught.value.code == "conflict"
    house.now += tenure.LEASE_TTL_S + 1
    await house.publish(director=other)
    (row,) = await house.catalog.read(broadcasts.open_ones)
    assert (row.id, row.epoch) == (house.director.status(house.stream.id).broadcast_id, 2)
    await other.drain()


async def test_a_lost_lease_ends_the_broadcast(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenure, "RENEW_S", 0.02)
    director = house.another("no_three")
    publication = await house.publish(director=director)
    house.now += tenure.LEASE_TTL_S + 1
    await house.catalog.write(
        lambda conn: leases.acquire(conn, f"stream:{house.stream.id}", "no_four", house.now, 15.0)
    )
    farewell = await asyncio.wait_for(publication.farewell, 10)
    assert farewell.code == "lease_lost"
    await director.drain()


async def test_who_lost_the_lease_unawares_and_ends_deletes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(director_module, "LINGER_S", 0.0)
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


async def test_a_catalog_that_fails_for_a_while_costs_nobody_anything(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "RENEW_S", 0.01)
    director = house.another("no_five")
    publication = await house.publish(director=director)
    house.catalog.full = True
    failures = metrics.catalog_failures.labels("renew")._value
    async with asyncio.timeout(10):
        while failures.get() < 3:  # noqa: ASYNC110 - a counter tells nobody
            await asyncio.sleep(0.01)
    house.now += 10 * tenure.LEASE_TTL_S
    house.catalog.full = False
    async with asyncio.timeout(10):
        expected = Lease(f"stream:{house.stream.id}", "no_five", 1, house.now + tenure.LEASE_TTL_S)
        while await house.catalog.read(lambda conn: leases.get(conn, expected.resource)) != expected:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert not publication.farewell.done()
    await director.drain()


async def test_draining_goes_through_though_the_catalog_fails(house: House) -> None:
    publication = await house.publish()
    house.catalog.full = True
    await house.director.drain()
    house.catalog.full = False
    assert publication.farewell.result().code == "draining"
    assert [stored for stored in await house.store.list("", None, 9) if stored.key.endswith(".m4s")]


async def test_whoever_is_at_the_door_when_a_drain_begins_stays_outside(house: House) -> None:
    coming = asyncio.create_task(house.publish())
    await asyncio.sleep(0)
    await house.director.drain()
    with pytest.raises(Problem, match="draining"):
        await coming
    assert house.state in {"idle", "ended"}


async def test_a_restart_goes_on_with_the_same_playlist(house: House) -> None:
    await house.publish(seconds=5)
    before = await house.text()
    await house.director.drain()
    again = house.another("no_six")
    await again.revive()
    assert again.status(house.stream.id).state == "reconnecting"
    house.director = again
    text = await house.text()
    assert uris(before) <= uris(text)
    assert media_sequence(text) == media_sequence(before)
    assert "ENDLIST" not in text
    publication = await house.publish(seconds=5)
    text = await house.text()
    assert uris(before) <= uris(text)
    assert "#EXT-X-DISCONTINUITY\n" in text
    assert [uri for uri in uris(text) if uri.startswith("2-")]
    assert publication.end_s > 9


async def test_what_nobody_saw_is_not_gone_on_with(house: House) -> None:
    await house.publish(seconds=1)
    await house.director.drain()
    again = house.another("no_seven")
    await again.revive()
    assert again.status(house.stream.id).state == "idle"
    assert await house.catalog.read(broadcasts.open_ones) == []
    await again.drain()


async def test_what_a_slow_store_takes_after_the_end_is_collected_too(tmp_path: Path) -> None:
    catalog = Failing.open(f"sqlite:///{tmp_path}/catalog.db")
    house = House(catalog, tmp_path / "logs")
    house.store = slow = Slow()
    house.director = house.another("no_slow")
    await house.add_stream(reconnect_window_s=3_600)
    await house.publish()
    first = house.director.status(house.stream.id).broadcast_id
    ending = asyncio.create_task(house.director.disconnect(house.stream.id, "The operator ended it."))
    await house.director._by_stream[house.stream.id].noted.wait()
    coming = asyncio.create_task(house.publish())
    slow.let_in.set()
    await asyncio.gather(ending, coming)
    async with asyncio.timeout(10):
        while first in {row.id for row in await catalog.read(_broadcasts)}:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert not [stored for stored in await slow.list("", None, 99) if f"/{first}/" in stored.key]
    await house.director.drain()
    await asyncio.to_thread(catalog.close)


async def test_draining_tells_publishers_stores_everything_and_refuses_new_ones(house: House) -> None:
    publication = await house.publish(seconds=4.5)
    await house.director.drain()
    assert publication.farewell.result().code == "draining"
    names = [stored.key.split("/", 2)[2] for stored in await house.store.list("", None, 100)]
    assert [name for name in names if name.endswith((".m4s", ".mp4"))] == [
        *("v0/1-0.m4s", "v0/1-1.m4s", "v0/1-2.m4s", "v0/1-init-0.mp4")
    ]
    prefix = f"{DEFAULT_TENANT}/{house.director.status(house.stream.id).broadcast_id}/"
    playlist = await load_manifest(house.store, f"{prefix}v0/index.m3u8", KEYS)
    assert playlist.count(b".m4s") == 3
    assert b"ENDLIST" not in playlist, "the next start goes on with it"
    package = inventory.read(await load_manifest(house.store, f"{prefix}package.json", KEYS))
    assert not package.complete
    assert {file.name for file in package.files} == {*names} - {"package.json", "package.json.jws"}
    with pytest.raises(Problem) as caught:
        await house.publish()
    assert caught.value.code == "draining"


def _broadcasts(conn: Connection) -> list[Broadcast]:
    """Those on the air, and those that are not collected yet."""
    return broadcasts.open_ones(conn) + broadcasts.ended_before(conn, math.inf, 9)


def _impatient(stream: Stream) -> Stream:
    return replace(stream, reconnect_window_s=0)
