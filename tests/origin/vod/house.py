"""A catalog and a store with a recording that is all written down, and who makes an asset of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import assets, making, on_air, recordings, streams, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.streams import NewStream
from origin.stores.memory import MemoryStore
from origin.vod.finisher import Finisher
from tests.packager.tape import Tape
from tests.support.keys import SIGNER

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from origin.catalog.assets import Asset
    from origin.stores.protocol import ObjectStore

NOW = 1_800_000_000.0


class House:
    """One node's part of it, by a clock that tests turn."""

    def __init__(self, folder: Path, store: ObjectStore | None = None, kind: type[Catalog] = Catalog) -> None:
        self.catalog = kind.open(f"sqlite:///{folder}/catalog.db")
        self.store = store or MemoryStore()
        self.now = NOW
        self.finisher = self.another("no_one/finisher")

    def another(self, worker: str) -> Finisher:
        return Finisher(self.catalog, self.store, signer=lambda: SIGNER, clock=lambda: self.now, worker=worker)

    async def recorded(self, tape: Tape, name: str = "one", keep_s: float | None = None) -> Asset:
        """A broadcast that has ended, and of which everything is written down and stored."""
        new = NewStream(f"st_{name}", DEFAULT_TENANT, name, f"hash-{name}", f"pb_{name}", record=True, keep_s=keep_s)
        broadcast_id = f"bc_{name}"

        def work(conn: Connection) -> None:
            tenants.ensure_default(conn, self.now)
            stream = streams.create(conn, new, self.now)
            writer = on_air.begin(conn, stream, broadcast_id, "no_one", now=self.now, ttl_s=15)
            assert writer
            recordings.add(conn, DEFAULT_TENANT, broadcast_id, list(tape.rows.values()))
            recordings.add_inits(conn, DEFAULT_TENANT, broadcast_id, tape.inits())
            assert on_air.finish(conn, writer, self.now, listed=True)
            assert making.complete(conn, broadcast_id, "no_one", self.now)

        for name_of, body in tape.objects.items():
            await self.store.put(f"{DEFAULT_TENANT}/{broadcast_id}/{name_of}", (body,))
        await self.catalog.write(work)
        return await self.asset(broadcast_id)

    async def asset(self, broadcast_id: str = "bc_one") -> Asset:
        found = await self.catalog.read(lambda conn: assets.get(conn, DEFAULT_TENANT, assets.id_of(broadcast_id)))
        assert found
        return found

    async def keys(self, prefix: str = "") -> list[str]:
        """Everything in the store, as seen from `prefix`."""
        return [each.key.removeprefix(prefix) for each in await self.store.list(prefix, None, 10_000)]


def a_tape(seconds: float = 6.5) -> Tape:
    tape = Tape()
    tape.both(seconds)
    return tape
