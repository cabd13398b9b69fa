"""What a node that stops could not hand to the store: kept on its disk, and handed over by who starts there next.

    keeper, at a stop → a folder of this node, flushed → store → the row of its recording, if any → gone from here

Until the store has it, it is a gap in recordings, and nothing lists it that was not listed before. Names hold the
writer's epoch, so what somebody else has put under one are the same bytes. What nobody can list any more is not put:
its broadcast is over, and has no recording or one that was completed without it.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import broadcasts, making
from origin.errors import Problem
from origin.observe import metrics
from origin.stores.protocol import StoreError
from packager.inventory import Stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from origin.catalog.database import Catalog
    from origin.stores.protocol import ObjectStore, StoredObject
    from packager.commands import Put

MOST_BYTES: Final = 32 << 20
"""Of one broadcast, however often the node stops: as much as it may hold in memory for the store (`keeper`)."""
WRITE_S: Final = 5.0
"""How long a disk may take for that: it writes it in less than one, and who stops a server waits only so long."""
RETRY_S: Final = 10.0
"""Between tries of a store that is away, beside those of broadcasts that wait for it (`opening`)."""
PAGE: Final = 1_000

_log = structlog.get_logger(__name__)


class Unsent:
    """`place` is a store on this node's disk that nothing else uses. `run` must be running, or `deliver` be called."""

    def __init__(self, place: ObjectStore, store: ObjectStore, catalog: Catalog) -> None:
        self._place = place
        self._store = store
        self._catalog = catalog
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._news.set()

    async def keep(self, prefix: str, puts: Iterable[Put]) -> set[str]:
        """Keep what there is time and room for, the oldest first; gives the names. Never raises `StoreError`."""
        kept: set[str] = set()
        try:
            async with asyncio.timeout(WRITE_S):
                room = MOST_BYTES - sum([each.size async for each in self._listed(prefix)])
                for put in puts:
                    if put.size <= room:
                        await self._place.put(prefix + put.name, put.body)
                        kept.add(put.name)
                        room -= put.size
        except (StoreError, TimeoutError) as error:
            _log.error("segments_not_kept", prefix=prefix, problem=repr(error))
        if kept:
            _log.warning("segments_kept_for_later", prefix=prefix, count=len(kept))
        return kept

    def wake(self) -> None:
        """Recordings say of what was kept that it is a gap, so it can be delivered: this process may go on."""
        self._news.set()

    async def drop(self, prefix: str, names: Iterable[str]) -> None:
        """The store has these after all. Never raises `StoreError`: what stays is found out later."""
        await self._forget([prefix + name for name in names])

    async def deliver(self, prefix: str = "") -> None:
        """Hand over what there is of a broadcast, or all of it. Raises `Problem` while store or catalog is away."""
        async with self._turn:
            try:
                found = [each.key async for each in self._listed(prefix)]
            except StoreError as error:  # of a disk that is broken nobody need wait for anything
                _log.error("unsent_unread", problem=str(error))
                return
            for key in found:
                if key.split("/")[1] in await self._catalog.read(broadcasts.unwritten):
                    await self._hand_over(key)
                await self._forget([key])

    async def run(self) -> None:
        """Deliver what an earlier process has left, and whatever is kept from then on, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.deliver()
            except Problem as problem:
                _log.warning("segments_not_delivered", problem=str(problem))
                self._news.set()
                await asyncio.sleep(RETRY_S)

    async def _hand_over(self, key: str) -> None:
        try:
            body = await self._place.get(key)
        except StoreError as error:
            _log.error("unsent_unread", key=key, problem=str(error))
            return
        if await self._store.size(key) is None:
            metrics.store_puts.labels("media").inc()
            await self._store.put(key, (body,))
        _, broadcast_id, name = key.split("/", 2)
        stored = Stored(name, len(body), (await asyncio.to_thread(hashlib.sha256, body)).hexdigest())
        await self._catalog.write(lambda conn: making.redeem(conn, broadcast_id, stored))
        _log.info("segment_delivered", key=key)

    async def _listed(self, prefix: str) -> AsyncIterator[StoredObject]:
        after: str | None = None
        while page := await self._place.list(prefix, after, PAGE):
            for each in page:
                yield each
            after = page[-1].key

    async def _forget(self, keys: list[str]) -> None:
        try:
            await self._place.delete(keys)
        except StoreError as error:
            _log.warning("unsent_not_removed", problem=str(error))
