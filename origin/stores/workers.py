"""Threads for calls that block: a small pool that is the store's own, so that a slow disk delays nothing else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
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
            self.begin(work)
        except StoreError:
            work()

    def begin(self, work: Callable[[], object]) -> None:
        """As `soon`, but raises `StoreError` if the pool is closed."""
        try:
            self._pool.submit(work)
        except RuntimeError:
            raise StoreError("The store is closed.") from None

    async def close(self, patience_s: float | None = None) -> bool:
        """Finish what was taken; False if that takes longer than `patience_s`, and then what has not begun is dropped.

        A call that hangs cannot be ended. Its thread is left behind, and the interpreter would wait for it at its end.
        """
        over: Future[None] = Future()
        over.set_running_or_notify_cancel()  # nobody cancels it

        def finish() -> None:
            self._pool.shutdown()
            over.set_result(None)

        # None of the loop's own threads: it waits for those, too, when it is closed.
        threading.Thread(target=finish, name="store-close", daemon=True).start()
        done, _ = await asyncio.wait({asyncio.wrap_future(over)}, timeout=patience_s)
        if not done:
            self._pool.shutdown(wait=False, cancel_futures=True)
        return bool(done)

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if not self._room.acquire(blocking=False):
            raise StoreError("The object store does not keep up: too many calls are waiting. Try again in a moment.")
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            self._room.release()
            raise StoreError("The store is closed.") from None
        future.add_done_callback(lambda _: self._room.release())
        return future


class Lane:
    """Work that nobody waits for, in order, by one thread of a pool at a time. `work` must be brief and not raise.

    One job of the pool takes all that has come in, and goes on while more comes: under load, threads are woken seldom.
    It rests for `gather_s` before, so that as much as may be comes in; its thread should have nothing else to do then.
    """

    def __init__(self, workers: Workers, gather_s: float = 0.0) -> None:
        self._workers = workers
        self._gather_s = gather_s
        self._waiting: deque[Callable[[], object]] = deque()
        self._lock = threading.Lock()
        self._running = False

    def add(self, work: Callable[[], object]) -> None:
        """Queue `work`. Raises `StoreError` if the pool is closed."""
        with self._lock:
            self._waiting.append(work)
            if self._running:
                return
            self._running = True
        try:
            self._workers.begin(self._run)
        except StoreError:
            with self._lock:
                self._waiting.clear()
                self._running = False
            raise

    def _run(self) -> None:
        while True:
            time.sleep(self._gather_s)
            with self._lock:
                works = tuple(self._waiting)
                self._waiting.clear()
                self._running = bool(works)
            if not works:
                return
            for work in works:
                work()


def _discard(done: Future[T], discard: Callable[[T], object]) -> None:
    try:
        result = done.result()
    except (Exception, CancelledError):  # noqa: BLE001 - nobody waits for it any more
        return
    discard(result)
