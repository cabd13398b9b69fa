"""A few threads that read, each query in a transaction that sees one state of the database."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from origin.catalog.errors import CatalogError
from origin.catalog.failures import connection_lost, translate
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
        """One for each thread at the most. Taking one from the engine costs as much as a read; that is done once.

        When one turns out to be lost, so are the others: all are given back, and the engine makes new ones.
        """

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
        self._give_back()

    def _give_back(self) -> None:
        with suppress(IndexError):  # other threads take from it, too
            while True:
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
            if conn.invalidated:
                conn.close()
            else:
                self._idle.append(conn)

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            return self._attempt(work)
        except Exception as error:
            ours = translate(error)
            if ours is error:
                raise
            raise ours from error

    def _attempt(self, work: Callable[[Connection], T]) -> T:
        """Read; once more if the connection was lost since the last time, as it is when the server has restarted."""
        try:
            with self._lent() as conn, conn.begin():
                return work(conn)
        except DBAPIError as error:
            if not connection_lost(error):
                raise
            self._give_back()
        with self._lent() as conn, conn.begin():
            return work(conn)
