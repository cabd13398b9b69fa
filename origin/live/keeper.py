"""Makes segments durable behind the viewers' back, in the order they came.

The live edge never waits for this room: `grow`, `put` and `delete` only queue. A segment may be written ahead while it
is made, where there is a place for drafts: then a crash costs no more than its last part, and the store that has the
place writes every byte once. A store that fails is tried again, with pauses, for as long as the backlog stays under its
limit; past that the oldest segment is given up, told to `on_lost`, and the edge goes on. One task a broadcast keeps the
order; the store's own pool bounds how many run at once.

What is stored is known by size and SHA-256 from its way in (`stored`), so that a package can list it unread.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from origin.live.ahead import Ahead
from origin.live.trouble import Trouble
from origin.observe import metrics
from origin.stores.protocol import Appendable, ObjectStore, StoreError
from packager.inventory import Stored
from packager.names import is_init

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from origin.live.unsent import Unsent
    from packager.commands import Put

BACKLOG_BYTES: Final = 32 * 1024 * 1024
"""Memory that one broadcast may hold for a slow store: about 40 s at 6 Mbit/s, longer than a disk or an S3 endpoint
normally takes to come back, and small enough that 200 such broadcasts fit in 8 GB."""
PAUSES_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Between tries; the last one repeats."""
PROMPT_S: Final = 2.0
"""How long a store that works takes for what is queued at a stop; who stops a server may kill it after ten seconds."""
DELETE_TRIES: Final = 3
"""A name that cannot be deleted is left to the sweep at the next start."""


class Keeper:
    """The queue between one broadcast and the object store.

    `on_trouble` is told why the store fails, in a sentence, and "" when it works again (see `trouble`). What is
    `recorded` is not deleted when playlists list it no more; it is only not heeded here any longer.
    """

    def __init__(  # noqa: PLR0913 - what goes in, and what comes of it
        self,
        store: ObjectStore,
        prefix: str,
        *,
        on_durable: Callable[[Stored], None],
        on_lost: Callable[[str], None],
        on_trouble: Callable[[str], None] = lambda _trouble: None,
        backlog_bytes: int = BACKLOG_BYTES,
        drafts: Appendable | None = None,
        recorded: bool = False,
    ) -> None:
        self._store = store
        self._ahead = Ahead(store, drafts, prefix)
        self._prefix = prefix
        self._on_durable = on_durable
        self._on_lost = on_lost
        self._trouble = Trouble(on_trouble)
        self._recorded = recorded
        self._limit = backlog_bytes
        self._backlog = 0
        self._puts: deque[Put] = deque()
        self._deletes: list[str] = []
        self._stored: dict[str, Stored] = {}
        self._news = asyncio.Event()
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._adopted = asyncio.Event()
        self._adopted.set()
        self._gone: set[str] = set()
        self._task = asyncio.create_task(self._run(), name=f"keeper {prefix}")

    @property
    def stored(self) -> Mapping[str, Stored]:
        """What is in the store and is to stay there, by name: all that is listed, 0.3 KB each."""
        return MappingProxyType(self._stored)

    @property
    def closing(self) -> bool:
        """Nothing more will be put."""
        return self._closing

    @property
    def room(self) -> int:
        """Bytes that may be put before something is lost."""
        return max(self._limit - self._backlog, 0)

    def expect(self) -> None:
        """An earlier writer has stored files, which `adopt` will bring: `close` waits for that."""
        self._adopted.clear()

    def adopt(self, files: Iterable[Stored]) -> None:
        """Take charge of what an earlier writer has stored (see `recount`) and was not deleted since."""
        self._stored = {file.name: file for file in files if file.name not in self._gone} | self._stored
        self._gone.clear()
        self._adopted.set()
        self._news.set()

    def grow(self, segment: str, chunks: Sequence[bytes]) -> None:
        """Write ahead what has come of a segment, which `put` will bring whole."""
        self._ahead.grow(segment, chunks)

    def put(self, put: Put) -> None:
        """Queue one init segment or segment; past the backlog's limit the oldest waiting segment is lost.

        Once it is closed or abandoned, nothing happens.
        """
        if self._task.done():
            return
        self._idle.clear()
        self._puts.append(put)
        self._account(put.size)
        while self._backlog > self._limit and self._lose_oldest():
            pass
        self._news.set()

    def delete(self, name: str) -> None:
        """Queue a removal."""
        self._stored.pop(name, None)
        if not self._adopted.is_set():
            self._gone.add(name)
        if not self._recorded:
            self._deletes.append(self._prefix + name)
            self._news.set()

    async def close(self, grace_s: float, unsent: Unsent | None = None) -> set[str]:
        """Finish what is queued, for about `grace_s` seconds; what is left then is lost. May be called again.

        What `unsent` has kept is not, and gives its names: somebody will store it later.
        """
        self._closing = True
        self._news.set()
        await asyncio.wait({self._task}, timeout=min(grace_s, PROMPT_S))
        kept = await unsent.keep(self._prefix, tuple(self._puts)) if unsent and self._puts else set[str]()
        await asyncio.wait({self._task}, timeout=max(grace_s - PROMPT_S, 0))
        self._task.cancel()
        await asyncio.wait({self._task})
        left = kept & {put.name for put in self._puts}
        while self._puts:
            put = self._puts.popleft()
            self._let_go(put)
            if put.name not in left:
                self._lose(put)
        self._ahead.close()
        self._trouble.close()
        if unsent and kept != left:
            await unsent.drop(self._prefix, kept - left)
        if not self._task.cancelled():
            self._task.result()
        return left

    async def abandon(self) -> None:
        """Put and delete nothing more: somebody else has the broadcast, and does both. May be called again.

        A call that the store is at is not waited for, and may still be carried out.
        """
        self._closing = True
        self._task.cancel()
        await asyncio.wait({self._task})
        while self._puts:
            self._let_go(self._puts.popleft())
        self._deletes.clear()
        self._idle.set()
        self._ahead.close()
        self._trouble.close()

    async def settled(self) -> None:
        """Wait until all that was put is durable or lost."""
        await self._idle.wait()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._puts:
                await self._store_oldest()
                await self._delete_all()
            self._idle.set()
            await self._delete_all()
            if self._closing and not self._puts and self._adopted.is_set():
                return

    async def _store_oldest(self) -> None:
        """Store the head of the queue, trying until it succeeds or `put` has given it up for newer ones."""
        put = self._puts[0]
        # In a thread, once for all tries: hashing lets the interpreter go, and costs 0.5 ms a megabyte.
        stored = await asyncio.to_thread(_measured, put)
        tries = 0
        while self._puts and self._puts[0] is put:
            try:
                metrics.store_puts.labels("media").inc()
                with metrics.store_seconds.labels("put").time():
                    await self._ahead.store(put)
            except StoreError as error:
                metrics.store_failures.labels("put").inc()
                self._trouble.failed(error.detail)
                await self._delete_all()  # room for a disk that is full
                await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
                tries += 1
                continue
            self._took(put, stored)
            self._trouble.worked()
            return

    def _took(self, put: Put, stored: Stored) -> None:
        metrics.segments_stored.inc()
        if self._puts and self._puts[0] is put:
            self._puts.popleft()
            self._account(-put.size)
            if self._prefix + put.name not in self._deletes:
                self._stored[put.name] = stored
            self._on_durable(stored)
        else:  # given up while the store was at work: nobody will list it
            self._deletes.append(self._prefix + put.name)

    async def _delete_all(self) -> None:
        waiting = {self._prefix + put.name for put in self._puts}  # to be stored first, or they would stay
        keys = [key for key in self._deletes if key not in waiting]
        self._deletes = [key for key in self._deletes if key in waiting]
        if not keys:
            return
        for pause in PAUSES_S[:DELETE_TRIES]:
            try:
                await self._store.delete(keys)
            except StoreError:
                metrics.store_failures.labels("delete").inc()
                await asyncio.sleep(pause)
            else:
                return

    def _lose_oldest(self) -> bool:
        """Give up the oldest segment but the newest. Init segments stay: they are small, and all else needs them."""
        oldest = next((put for put in self._puts if not is_init(put.name)), None)
        if oldest is None or oldest is self._puts[-1]:
            return False
        self._puts.remove(oldest)
        self._let_go(oldest)
        self._lose(oldest)
        return True

    def _let_go(self, put: Put) -> None:
        self._ahead.drop(put.name)
        self._account(-put.size)

    def _lose(self, put: Put) -> None:
        metrics.store_failures.labels("lost").inc()
        self._on_lost(put.name)

    def _account(self, size: int) -> None:
        self._backlog += size
        metrics.store_backlog_bytes.inc(size)


def _measured(put: Put) -> Stored:
    digest = hashlib.sha256()
    for chunk in put.body:
        digest.update(chunk)
    return Stored(put.name, put.size, digest.hexdigest())
