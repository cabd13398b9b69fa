"""Uploads over a real catalog, real files and a real store, with a clock that tests move."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from origin.catalog import objects, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.files.cleaner import Cleaner
from origin.files.receiver import Pace
from origin.files.scratch import Scratch
from origin.files.sealer import Sealer
from origin.files.uploads import Piece, Uploads
from origin.stores.table import open_store
from origin.stores.workers import Workers
from origin.wire.tus import Creation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from origin.catalog.objects import OnCommitted
    from origin.catalog.uploads import Upload
    from origin.files.receiver import Source
    from origin.stores.protocol import ObjectStore

QUICK = Pace(idle_s=0.3, window_s=60.0)


class LeftError(Exception):
    """The client has gone."""


@dataclass
class Yard:
    catalog: Catalog
    store: ObjectStore
    scratch: Scratch
    workers: Workers
    sealer: Sealer
    uploads: Uploads
    cleaner: Cleaner
    now: list[float] = field(default_factory=lambda: [1_700_000_000.0])

    async def begin(self, length: int, **metadata: str) -> Upload:
        said = ",".join(f"{key} {value}" for key, value in metadata.items())
        return await self.uploads.create(DEFAULT_TENANT, Creation(length, {}, said))

    async def append(self, upload: Upload, offset: int, source: Source | bytes, declared: int | None = None) -> Upload:
        given = source_of([source]) if isinstance(source, bytes) else source
        return await self.uploads.append(DEFAULT_TENANT, upload.id, Piece(offset, declared, given))

    async def look(self, upload: Upload) -> Upload:
        return await self.uploads.look(DEFAULT_TENANT, upload.id)

    def content(self, upload: Upload) -> bytes:
        return self.scratch.path(upload.id).read_bytes()


def source_of(chunks: Iterable[bytes | Exception]) -> Source:
    """A body of these chunks; an exception among them is how it ends."""
    left = iter(chunks)

    async def source() -> bytes | None:
        chunk = next(left, None)
        if isinstance(chunk, Exception):
            raise chunk
        return chunk

    return source


async def _to_nobody() -> None:
    pass


@asynccontextmanager
async def yard(
    folder: Path,
    *,
    store_url: str = "",
    pace: Pace = QUICK,
    on_committed: OnCommitted = objects.nothing,
    now: list[float] | None = None,
) -> AsyncIterator[Yard]:
    """Open it on a folder; again on the same one, it is the next life of the server."""
    catalog = Catalog.open(f"sqlite:///{folder}/catalog.db")
    catalog.write_now(lambda conn: tenants.ensure_default(conn, 1.0))
    store = open_store(store_url or f"file:{folder}/objects")
    workers, scratch = Workers("files", 4, 64), Scratch(folder)
    times = now or [1_700_000_000.0]
    common: dict[str, Any] = {"clock": lambda: times[0], "random": os.urandom}
    sealer = Sealer(catalog, store, scratch, workers, on_committed=on_committed, announce=_to_nobody, **common)
    uploads = Uploads(catalog, scratch, sealer, workers, pace=pace, **common)
    cleaner = Cleaner(catalog, store, scratch, workers, common["clock"])
    await cleaner.recover(sealer)
    yield Yard(catalog, store, scratch, workers, sealer, uploads, cleaner, times)
    await uploads.close()
    await workers.close()
    await store.close()
    catalog.close()
