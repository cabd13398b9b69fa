"""Threads for calls that block: a small pool that is the store's own, so that a slow disk delays nothing else."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Workers:
    """At most `threads` calls run, at most `waiting` in all are taken; more are turned away."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._room = threading.BoundedSemaphore(waiting)

    async def run(self, work: Callable[[], T], discard: Callable[[T], object] | None = None) -> T:
        """Run `work` in a thread. If the caller is cancelled meanwhile, `discard` gets what it would have got."""
        future = self._submit(work)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if discard is not None:
                future.add_done_callback(lambda done: _discard(done, discard))
            raise

    def soon(self, work: Callable[[], object]) -> None:
        """Run `work` when a thread is free, with nobody waiting; at once, if the pool is closed."""
        try:
            self._pool.submit(work)
        except RuntimeError:
            work()

    async def close(self) -> None:
        """Finish what was taken."""
        await asyncio.to_thread(self._pool.shutdown)

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if not self._room.acquire(blocking=False):
            raise StoreError("The disk does not keep up: too many calls are waiting. Try again in a moment.")
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            self._room.release()
            raise StoreError("The store is closed.") from None
        future.add_done_callback(lambda _: self._room.release())
        return future


def _discard(done: Future[T], discard: Callable[[T], object]) -> None:
    try:
        result = done.result()
    except (Exception, CancelledError):  # noqa: BLE001 - nobody waits for it any more
        return
    discard(result)
