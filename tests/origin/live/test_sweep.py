from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from origin.catalog import broadcasts, on_air, streams, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT, secret_hash
from origin.catalog.streams import NewStream
from origin.live.sweep import sweep
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

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
