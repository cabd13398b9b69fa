"""A few threads that read, each query in a transaction that sees one state of the database."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from origin.catalog.failures import CatalogError, translate
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

T = TypeVar("T")

THREADS: Final = 4
"""Point reads take some 30 µs, mostly under the interpreter lock; several, so that one slow list does not hold all."""
MAX_WAITING: Final = 1_024
"""Reads in progress or in the queue: about 30 ms of work; beyond it, it is better to say so than to fall behind."""


class Readers:
    """Runs functions of a connection that does not write."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="catalog-reader")
        self._room = threading.BoundedSemaphore(MAX_WAITING)
        self._idle: deque[Connection] = deque()
        """One for each thread at the most. Taking one from the engine costs as much as a read; that is done once."""

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Run `work` in a thread. It must fetch all that it wants before it returns."""
        if not self._room.acquire(blocking=False):
            raise Problem("catalog_busy", "Try again in a moment.", (("Retry-After", "1"),))
        try:
            answer = self._threads.submit(self._read, work)
        except RuntimeError:
            self._room.release()
            raise CatalogError("The catalog is closed.") from None
        answer.add_done_callback(lambda _: self._room.release())
        return answer

    def close(self) -> None:
        """Finish what was submitted. May be called more than once."""
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        try:
            conn = self._idle.pop()
        except IndexError:
            conn = self._engine.connect()
        try:
            yield conn
        finally:
            self._idle.append(conn)

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._lent() as conn, conn.begin():
                return work(conn)
        except Exception as error:
            ours = translate(error)
            if ours is error:
                raise
            raise ours from error
