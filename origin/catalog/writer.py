"""The one thread that writes: jobs that wait together are committed together.

A commit costs a flush of the disk, whatever is in it. So the writer takes all the jobs that have come in while the disk
was busy with the last ones, runs each in a savepoint of its own, commits once, and only then tells the callers.
A job that fails is rolled back to its savepoint and harms nobody; if the database gives up the whole transaction
(SQLite on a full disk, PostgreSQL to break a deadlock), the jobs run again one by one, so that only the guilty one
fails. When the connection is lost before the commit was sent, nothing was done, and the jobs run again on the next
connection. A job may thus run twice, and must touch nothing but its connection, or do so idempotently.

When it is lost while the commit is under way, nobody knows whether it was done, and running the jobs again could do
them twice: their callers are told so (`failures.OutcomeUnknownError`).
"""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from origin.catalog.engine import keep, save, transaction_lost, undo
from origin.catalog.errors import CatalogError, OutcomeUnknownError
from origin.catalog.failures import connection_lost, translate, worth_repeating
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Engine

T = TypeVar("T")

MAX_WAITING: Final = 1_024
"""Jobs in the queue: some 20 ms of work, so it fills only when the disk stalls, and then it is better to say so."""
MAX_GROUP: Final = 256
"""Jobs in one commit: bounds how long the first of them waits for the last (about 5 ms)."""

PATIENCE_S: Final = 5.0
"""How long jobs wait for a database that went away: it restarts in less, and a lease lasts longer. After that, each
group tries once and fails at once, until one gets through."""
PAUSE_S: Final = 0.1
"""Between two tries: far apart for a server that is starting, close for a caller who waits."""
TRIES: Final = 5
"""For a job alone that PostgreSQL keeps giving up for the sake of others' transactions, which take milliseconds."""
STEP_BACK_S: Final = 0.005
"""Longer each time, so that the other transaction gets the row that it waits for, and not this job again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    work: Callable[[Connection], Any]
    answer: Future[Any]


class _TransactionLostError(Exception):
    """More than the job was rolled back; `__cause__` says why."""


class Writer:
    """Runs jobs on one connection, in the order in which they came."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        """Held by whoever adds a job, so that the queue's length, once looked at, does not grow meanwhile."""
        self._closed = False
        self._away_since: float | None = None
        """When the database was first missed, by the monotonic clock; None while it is there."""
        self._thread = threading.Thread(target=self._run, name="catalog-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Take a job. The answer comes after its commit; a job that is cancelled before its turn does not run."""
        answer: Future[T] = Future()
        with self._gate:
            if self._closed:
                raise CatalogError("The catalog is closed.")
            if self._jobs.qsize() >= MAX_WAITING:
                raise Problem("catalog_busy", "Try again in a moment.", (("Retry-After", "1"),))
            self._jobs.put(_Job(work, answer))
        return answer

    def close(self) -> None:
        """Finish what was submitted, then end the thread."""
        with self._gate:
            first, self._closed = not self._closed, True
        if first:
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            group, more = self._next_group()
            if running := [job for job in group if job.answer.set_running_or_notify_cancel()]:
                self._commit(running)

    def _next_group(self) -> tuple[list[_Job], bool]:
        """Wait for a job, take those behind it; False when the last one has been taken."""
        group: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == MAX_GROUP or self._jobs.empty():
                return group, True
            job = self._jobs.get()
        return group, False

    def _commit(self, group: Sequence[_Job]) -> None:
        try:
            outcomes = self._persist(group)
        except _TransactionLostError as lost:
            if len(group) > 1:
                for job in group:
                    self._commit([job])
                return
            outcomes = [_Outcome(error=lost.__cause__)]
        except Exception as error:  # noqa: BLE001 - told to whom it concerns; the thread must live
            outcomes = [_Outcome(error=error)] * len(group)
        for job, outcome in zip(group, outcomes, strict=True):
            outcome.tell(job.answer)

    def _persist(self, group: Sequence[_Job]) -> list[_Outcome]:
        """Run jobs and commit them; anew while nothing of it was done, and it may go better the next time."""
        tries = 0
        while True:
            tries += 1
            try:
                outcomes = self._transact(group)
            except DBAPIError as error:
                if not (connection_lost(error) and self._await_database()):
                    raise
            except _TransactionLostError as lost:
                if len(group) > 1 or tries == TRIES or not worth_repeating(lost.__cause__):
                    raise
                time.sleep(STEP_BACK_S * tries)
            else:
                self._away_since = None
                return outcomes

    def _transact(self, group: Sequence[_Job]) -> list[_Outcome]:
        committing = False
        try:
            with self._engine.begin() as conn:
                outcomes = [_attempt(conn, job) for job in group]
                committing = True
        except DBAPIError as error:
            if connection_lost(error):
                self._engine.dispose()  # also where the server still talks, but takes no writes any more
                if committing:
                    raise OutcomeUnknownError from error
            raise
        return outcomes

    def _await_database(self) -> bool:
        """Pause before the next try; False when the database has been away for so long that callers should know."""
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        if now - self._away_since > PATIENCE_S:
            return False
        time.sleep(PAUSE_S)
        return True


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: Any = None
    error: BaseException | None = None

    def tell(self, answer: Future[Any]) -> None:
        if self.error is None:
            answer.set_result(self.value)
        else:
            answer.set_exception(translate(self.error))


def _attempt(conn: Connection, job: _Job) -> _Outcome:
    save(conn)
    try:
        value = job.work(conn)
        keep(conn)
    except BaseException as error:  # the caller gets it, and the thread must live
        if connection_lost(error):
            raise
        if transaction_lost(conn) or worth_repeating(error):
            raise _TransactionLostError from error
        undo(conn)
        return _Outcome(error=error)
    return _Outcome(value=value)
