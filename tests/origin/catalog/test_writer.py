from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import Future, wait
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from origin.catalog import database, writer
from origin.catalog.errors import CatalogError
from origin.errors import Problem
from tests.origin.catalog.made import ON_SQLITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from origin.catalog.database import Catalog

PATIENCE_S = 30.0


def insert(conn: Connection, name: str) -> str:
    conn.execute(text("INSERT INTO tenants (id, name, created_at) VALUES (:n, :n, 0)"), {"n": name})
    return name


def names(conn: Connection) -> list[str]:
    return list(conn.scalars(text("SELECT id FROM tenants ORDER BY id")))


class Gate:
    """A job that holds the writer until it is told to go on, so that others gather behind it."""

    def __init__(self, catalog: Catalog) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self._job = catalog._writer.submit(self._hold)
        assert self._begun.wait(PATIENCE_S)

    def _hold(self, _: Connection) -> None:
        self._begun.set()
        assert self._go.wait(PATIENCE_S)

    def open(self) -> None:
        self._go.set()
        self._job.result(PATIENCE_S)


@pytest.fixture
def commits(catalog: Catalog) -> Iterator[list[Callable[[], None]]]:
    """Things to do at each commit, just before it."""
    actions: list[Callable[[], None]] = []

    def act(_: Connection) -> None:
        for action in actions:
            action()

    event.listen(catalog._engines[0], "commit", act)
    yield actions
    event.remove(catalog._engines[0], "commit", act)


@ON_SQLITE
async def test_a_write_is_seen_by_reads_and_by_others_once_it_returns(catalog: Catalog, tmp_path: Path) -> None:
    assert await catalog.write(partial(insert, name="a")) == "a"
    assert await catalog.read(names) == ["a"]
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as other:
        assert other.execute("SELECT id FROM tenants").fetchall() == [("a",)]


def test_jobs_that_wait_together_are_committed_together(catalog: Catalog, commits: list[Callable[[], None]]) -> None:
    gate = Gate(catalog)
    group = [catalog._writer.submit(partial(insert, name=f"t{number:03}")) for number in range(100)]
    answered_before_commit: list[int] = []
    commits.append(lambda: answered_before_commit.append(sum(job.done() for job in group)))
    gate.open()
    assert [job.result(PATIENCE_S) for job in group] == catalog.read_now(names)
    assert answered_before_commit == [0, 0]  # the gate's commit, then one for all hundred


def test_a_group_has_a_limit(
    catalog: Catalog, commits: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_GROUP", 10)
    gate = Gate(catalog)
    group = [catalog._writer.submit(partial(insert, name=f"t{number:03}")) for number in range(25)]
    seen: list[None] = []
    commits.append(lambda: seen.append(None))
    gate.open()
    wait(group, PATIENCE_S)
    assert len(seen) == 4  # the gate's, and 10 + 10 + 5


def test_a_failing_job_harms_no_neighbour(catalog: Catalog) -> None:
    def spoil(conn: Connection) -> None:
        insert(conn, "half")
        raise ZeroDivisionError

    def leave(conn: Connection) -> None:
        insert(conn, "exit")
        raise SystemExit

    gate = Gate(catalog)
    jobs: list[Future[Any]] = [
        catalog._writer.submit(work)
        for work in (partial(insert, name="a"), spoil, leave, partial(insert, name="a"), partial(insert, name="b"))
    ]
    gate.open()
    wait(jobs, PATIENCE_S)
    assert [type(job.exception()) for job in jobs] == [type(None), ZeroDivisionError, SystemExit, Problem, type(None)]
    assert catalog.read_now(names) == ["a", "b"]


@ON_SQLITE
def test_only_the_guilty_job_fails_when_the_database_is_full(catalog: Catalog) -> None:
    def hog(conn: Connection) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        try:
            insert(conn, "x" * 1_000_000)
        finally:
            conn.exec_driver_sql("PRAGMA max_page_count = 1000000")

    gate = Gate(catalog)
    before, guilty, after = (
        catalog._writer.submit(work) for work in (partial(insert, name="a"), hog, partial(insert, name="b"))
    )
    gate.open()
    with pytest.raises(CatalogError, match="database or disk is full"):
        guilty.result(PATIENCE_S)
    assert (before.result(PATIENCE_S), after.result(PATIENCE_S)) == ("a", "b")
    assert catalog.read_now(names) == ["a", "b"]


@ON_SQLITE
def test_jobs_run_again_one_by_one_when_the_whole_transaction_is_lost(catalog: Catalog) -> None:
    def lose(conn: Connection) -> None:
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute("ROLLBACK")  # what SQLite does by itself on some full disks and I/O errors
        raise ZeroDivisionError

    gate = Gate(catalog)
    jobs: list[Future[Any]] = [
        catalog._writer.submit(work) for work in (partial(insert, name="a"), lose, partial(insert, name="b"))
    ]
    gate.open()
    wait(jobs, PATIENCE_S)
    assert [type(job.exception()) for job in jobs] == [type(None), ZeroDivisionError, type(None)]
    assert catalog.read_now(names) == ["a", "b"]


def test_a_commit_that_fails_fails_all_its_jobs_and_none_of_the_next(
    catalog: Catalog, commits: list[Callable[[], None]]
) -> None:
    gate = Gate(catalog)
    jobs = [catalog._writer.submit(partial(insert, name=name)) for name in "ab"]
    seen: list[None] = []

    def fail() -> None:
        seen.append(None)
        if len(seen) == 2:
            raise sqlite3.OperationalError("disk I/O error")

    commits.append(fail)
    gate.open()
    for job in jobs:
        with pytest.raises(CatalogError, match="disk I/O error"):
            job.result(PATIENCE_S)
    assert catalog.read_now(names) == []
    assert catalog.write_now(partial(insert, name="c")) == "c"
    assert catalog.read_now(names) == ["c"]


async def test_a_job_whose_caller_has_left_does_not_run(catalog: Catalog) -> None:
    gate = Gate(catalog)
    caller = asyncio.create_task(catalog.write(partial(insert, name="a")))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    gate.open()
    await catalog.write(partial(insert, name="b"))
    assert await catalog.read(names) == ["b"]


def test_the_queue_has_a_limit(catalog: Catalog) -> None:
    gate = Gate(catalog)
    jobs = [catalog._writer.submit(names) for _ in range(writer.MAX_WAITING)]
    with pytest.raises(Problem) as caught:
        catalog._writer.submit(names)
    assert (caught.value.code, caught.value.headers) == ("catalog_busy", (("Retry-After", "1"),))
    gate.open()
    wait(jobs, PATIENCE_S)


def test_closing_finishes_what_was_submitted(url: str) -> None:
    catalog = database.Catalog.open(url)
    gate = Gate(catalog)
    jobs = [catalog._writer.submit(partial(insert, name=f"t{number}")) for number in range(5)]
    closing_thread = threading.Thread(target=catalog.close)
    closing_thread.start()
    gate.open()
    closing_thread.join(PATIENCE_S)
    assert [job.result(0) for job in jobs] == [f"t{number}" for number in range(5)]
    for attempt in (catalog.read_now, catalog.write_now):
        with pytest.raises(CatalogError, match="closed"):
            attempt(names)
    catalog.close()
