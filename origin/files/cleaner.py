"""Removes what nobody comes back for: uploads that ran out, rows of those that ended, bytes of deleted objects.

First the catalog says that it is over, seen once more from within the transaction, then the bytes go. A file of which
the catalog knows nothing, or whose upload has ended, is what a crash has left in between: the next start removes it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import objects, uploads
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.catalog.database import Catalog
    from origin.files.scratch import Scratch
    from origin.files.sealer import Sealer
    from origin.stores.protocol import ObjectStore
    from origin.stores.workers import Workers

EVERY_S: Final = 60.0
KEPT_S: Final = 86_400.0
"""How long it can be asked what became of an upload: as long as clients retry."""
GRACE_S: Final = 60.0
"""How long bytes stay when nothing lists them any more: downloads that have begun on a store that cannot hold them."""
PAGE: Final = 200

_log = structlog.get_logger(__name__)


class Cleaner:
    """Of one node's uploads; of deleted objects, each node's."""

    def __init__(
        self, catalog: Catalog, store: ObjectStore, scratch: Scratch, workers: Workers, clock: Callable[[], float]
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._scratch = scratch
        self._workers = workers
        self._clock = clock

    async def recover(self, sealer: Sealer) -> None:
        """At a start, before any request: nobody writes, files of nobody go, and what was being sealed is."""
        place = self._scratch.place
        await self._catalog.write(lambda conn: uploads.pause_all(conn, place))
        left = await self._workers.run(self._scratch.left)
        for start in range(0, len(left), PAGE):
            some = left[start : start + PAGE]
            kept = await self._catalog.read(partial(uploads.kept, place=place, upload_ids=some))
            for upload_id in set(some) - kept:
                await self._workers.run(partial(self._scratch.remove, upload_id))
        await sealer.resume()

    async def run(self, sealer: Sealer) -> None:
        """Tidy up from time to time, until cancelled."""
        while True:
            try:
                await self.tidy()
                await sealer.resume()
            except Problem as problem:
                _log.warning("uploads_not_tidied", code=problem.code, detail=problem.detail)
            await asyncio.sleep(EVERY_S)

    async def tidy(self) -> None:
        """Tidy up once."""
        now = self._clock()
        await self._expire(now)
        await self._catalog.write(lambda conn: uploads.purge(conn, now - KEPT_S))
        await self._collect(now)

    async def _expire(self, now: float) -> None:
        place = self._scratch.place
        for upload in await self._catalog.read(lambda conn: uploads.expired(conn, place, now, PAGE)):
            if await self._catalog.write(partial(uploads.expire, upload_id=upload.id, now=now)):
                await self._workers.run(partial(self._scratch.remove, upload.id))
                _log.info("upload_expired", upload_id=upload.id, bytes=upload.durable_offset)

    async def _collect(self, now: float) -> None:
        while gone := await self._catalog.read(lambda conn: objects.released(conn, now - GRACE_S, PAGE)):
            await self._store.delete([key for _, key in gone])
            ids = [version_id for version_id, _ in gone]
            await self._catalog.write(partial(objects.forget, version_ids=ids))
