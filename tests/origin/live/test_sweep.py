from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from origin.catalog import (
    assets,
    broadcasts,
    jobs,
    leases,
    making,
    on_air,
    packages,
    recordings,
    remains,
    streams,
    tenants,
)
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT, secret_hash
from origin.catalog.streams import NewStream
from origin.errors import Problem
from origin.live import sweep as sweep_module
from origin.live.sweep import GRACE_S, clear_remains, expire, run, sweep
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from tests.origin.catalog.made import a_new_asset, a_row, an_order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import pytest

NOW = 1_800_000_000.0
STREAM = NewStream(
    id="st_a",
    tenant_id=DEFAULT_TENANT,
    name="test",
    key_hash=secret_hash("sk_a"),
    playback_id="pb_a",
    latency="low",
    playback="signed",
    dvr_window_s=60,
    reconnect_window_s=60,
)


class Stuck(MemoryStore):
    """A store that deletes nothing."""

    async def delete(self, keys: Collection[str]) -> None:
        raise StoreError(f"{len(keys)} objects stay")


async def _recorded(tmp_path: Path, store: MemoryStore) -> tuple[Catalog, str]:
    """A recorded broadcast that has ended, of which everything is written down; the id of its asset."""
    catalog = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    await catalog.write(lambda conn: tenants.ensure_default(conn, NOW))
    recorded = replace(STREAM, record=True, keep_s=100.0)
    stream = await catalog.write(lambda conn: streams.create(conn, recorded, NOW))
    writer = await catalog.write(lambda conn: on_air.begin(conn, stream, "bc_a", "no_a", now=NOW, ttl_s=15))
    assert writer is not None
    rows = [a_row(msn) for msn in range(3)]
    await catalog.write(lambda conn: recordings.add(conn, DEFAULT_TENANT, "bc_a", rows))
    await catalog.write(lambda conn: on_air.finish(conn, writer, NOW, listed=True))
    await store.put(f"{DEFAULT_TENANT}/bc_a/v0/1-0.m4s", [b"x"])
    return catalog, assets.id_of("bc_a")


async def test_what_an_asset_has_stays_until_its_time_is_over_and_a_minute_more(tmp_path: Path) -> None:
    store = MemoryStore()
    catalog, asset_id = await _recorded(tmp_path, store)
    assert await expire(catalog, NOW + 99) == 0
    assert await sweep(catalog, store, NOW + 99, NOW + 99) == 0
    assert await expire(catalog, NOW + 100) == 1
    assert await catalog.read(lambda conn: assets.get(conn, DEFAULT_TENANT, asset_id)) is None
    assert await sweep(catalog, store, NOW + 100, NOW + 100 - GRACE_S) == 0
    assert len(await store.list("", None, 9)) == 1
    assert await sweep(catalog, store, NOW + 161, NOW + 161 - GRACE_S) == 1
    assert await store.list("", None, 9) == []
    assert not await catalog.read(lambda conn: recordings.any_of(conn, "bc_a"))
    assert await catalog.read(lambda conn: leases.get(conn, assets.lease_of(asset_id))) is None
    await asyncio.to_thread(catalog.close)


async def test_what_somebody_may_still_put_is_waited_for(tmp_path: Path) -> None:
    store = MemoryStore()
    catalog, asset_id = await _recorded(tmp_path, store)
    await catalog.write(lambda conn: assets.delete(conn, DEFAULT_TENANT, asset_id, None, NOW + 1))
    assert await sweep(catalog, store, NOW + 2) == 0
    assert await sweep(catalog, store, NOW + 2 + making.WORK_S) == 1
    await asyncio.to_thread(catalog.close)


async def test_rows_go_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "ROWS", 1)
    store = MemoryStore()
    catalog, asset_id = await _recorded(tmp_path, store)
    await catalog.write(lambda conn: assets.delete(conn, DEFAULT_TENANT, asset_id, None, NOW + 1))
    assert await sweep(catalog, store, NOW + 60) == 1
    assert not await catalog.read(lambda conn: recordings.any_of(conn, "bc_a"))
    await asyncio.to_thread(catalog.close)


async def _packaged(tmp_path: Path, store: MemoryStore) -> tuple[Catalog, str]:
    """An asset that was made from an object, and is ready; the id of it."""
    catalog = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    await catalog.write(lambda conn: tenants.ensure_default(conn, NOW))
    asset = await catalog.write(lambda conn: packages.create(conn, a_new_asset(keep_s=100.0), an_order(), NOW))
    job = await catalog.write(lambda conn: jobs.claim(conn, "wo_a", [jobs.PACKAGE], NOW))
    assert job
    await store.put(f"{asset.prefix}v0/1-0.m4s", [b"x"])
    assert await catalog.write(lambda conn: packages.write_down(conn, job, [a_row(0)], []))
    assert await catalog.write(lambda conn: jobs.finish(conn, job, NOW))
    assert await catalog.write(lambda conn: making.hold(conn, asset.id, "no_a", NOW, asset.tenant_id))
    assert await catalog.write(lambda conn: assets.finish(conn, asset.id, 2.0, NOW))
    return catalog, asset.id


async def test_what_was_made_from_an_object_goes_a_minute_after_its_asset(tmp_path: Path) -> None:
    store = MemoryStore()
    catalog, asset_id = await _packaged(tmp_path, store)
    await store.put(f"{DEFAULT_TENANT}/objects/ve_film", [b"the object itself"])
    assert await expire(catalog, NOW + 99) == 0
    assert await clear_remains(catalog, store, NOW + 9_999) == 0
    assert await expire(catalog, NOW + 100) == 1
    assert await clear_remains(catalog, store, NOW + 100 + GRACE_S) == 0
    assert len(await store.list(f"{DEFAULT_TENANT}/as_", None, 9)) == 1
    assert await clear_remains(catalog, store, NOW + 101 + GRACE_S) == 1
    assert [each.key for each in await store.list("", None, 9)] == [f"{DEFAULT_TENANT}/objects/ve_film"]
    assert not await catalog.read(lambda conn: recordings.any_of(conn, asset_id))
    assert await catalog.read(lambda conn: leases.get(conn, assets.lease_of(asset_id))) is None
    assert await catalog.read(lambda conn: remains.released_before(conn, 1e12, 9)) == []
    await asyncio.to_thread(catalog.close)


async def test_what_a_store_does_not_delete_or_somebody_may_still_put_is_tried_again(tmp_path: Path) -> None:
    store = Stuck()
    catalog, asset_id = await _packaged(tmp_path, store)
    await catalog.write(lambda conn: assets.delete(conn, DEFAULT_TENANT, asset_id, None, NOW))
    later = NOW + GRACE_S + 1
    assert await clear_remains(catalog, store, later) == 0
    await catalog.write(lambda conn: making.hold(conn, asset_id, "no_a", later, DEFAULT_TENANT))
    assert await clear_remains(catalog, MemoryStore(), later) == 0
    assert await clear_remains(catalog, MemoryStore(), later + making.WORK_S) == 1
    await asyncio.to_thread(catalog.close)


async def test_it_is_done_from_time_to_time_and_a_catalog_that_fails_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "EVERY_S", 0.01)
    store = MemoryStore()
    catalog, _ = await _recorded(tmp_path, store)
    moments: Iterator[float | Problem] = iter([Problem("catalog_failed", "The disk is full."), NOW + 100])

    def clock() -> float:
        moment = next(moments, NOW + 200)
        if isinstance(moment, Problem):
            raise moment
        return float(moment)

    task = asyncio.create_task(run(catalog, store, clock))
    async with asyncio.timeout(10):
        while await store.list("", None, 9):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.to_thread(catalog.close)


async def _crashed(tmp_path: Path, store: MemoryStore) -> Catalog:
    """What a server leaves whose broadcast is over, and that was killed before it had collected it."""
    catalog = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    await catalog.write(lambda conn: tenants.ensure_default(conn, NOW))
    stream = await catalog.write(lambda conn: streams.create(conn, STREAM, NOW))
    writer = await catalog.write(lambda conn: on_air.begin(conn, stream, "bc_a", "no_dead", now=NOW, ttl_s=15))
    assert writer is not None
    await catalog.write(lambda conn: on_air.finish(conn, writer, NOW))
    for msn in range(3):
        await store.put(f"{DEFAULT_TENANT}/bc_a/v0/1-{msn}.m4s", [b"x"])
    await store.put(f"{DEFAULT_TENANT}/bc_other/v0/1-0.m4s", [b"x"])
    return catalog


async def test_what_is_over_is_collected(tmp_path: Path) -> None:
    store = MemoryStore()
    catalog = await _crashed(tmp_path, store)
    assert await sweep(catalog, store, NOW) == 1
    assert [one.key for one in await store.list("", None, 10)] == [f"{DEFAULT_TENANT}/bc_other/v0/1-0.m4s"]
    assert await catalog.read(lambda conn: broadcasts.ended_before(conn, NOW + 9, 9)) == []
    await asyncio.to_thread(catalog.close)


async def test_a_store_that_fails_leaves_the_note_for_the_next_start(tmp_path: Path) -> None:
    store = Stuck()
    catalog = await _crashed(tmp_path, store)
    assert await sweep(catalog, store, NOW) == 0
    assert [row.id for row in await catalog.read(lambda conn: broadcasts.ended_before(conn, NOW + 9, 9))] == ["bc_a"]
    await asyncio.to_thread(catalog.close)
