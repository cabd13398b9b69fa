"""A running catalog whose PostgreSQL stops, starts, falls silent or is in its way."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from origin.catalog import postgres, writer
from origin.catalog.database import Catalog
from origin.catalog.failures import CatalogError, OutcomeUnknownError
from origin.errors import Problem
from tests.support.postgres import PostgresServer, migrated
from tests.support.postgres import server as shared_server
from tests.support.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One that may be stopped."""
    with PostgresServer() as own:
        yield own


@pytest.fixture
def catalog(server: PostgresServer) -> Iterator[Catalog]:
    catalog = Catalog.open(server.make())
    yield catalog
    catalog.close()


@pytest.fixture
def here() -> Iterator[Catalog]:
    """A catalog on the server that all tests share."""
    catalog = Catalog.open(migrated())
    yield catalog
    catalog.close()


def insert(conn: Connection, name: str) -> str:
    conn.execute(text("INSERT INTO tenants (id, name, created_at) VALUES (:n, :n, 0)"), {"n": name})
    return name


def rename(conn: Connection, which: str) -> None:
    conn.execute(text("UPDATE tenants SET name = name || '+' WHERE id = :n"), {"n": which})


def names(conn: Connection) -> list[str]:
    return list(conn.scalars(text("SELECT name FROM tenants ORDER BY id")))


def backend(conn: Connection) -> int:
    return int(conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


@pytest.mark.parametrize("crash", [False, True], ids=["shut down", "crashed"])
def test_reads_and_writes_come_back_when_the_server_does(server: PostgresServer, catalog: Catalog, crash: bool) -> None:  # noqa: FBT001 - a column of the table above
    catalog.write_now(partial(insert, name="a"))
    for _ in range(8):
        assert catalog.read_now(names) == ["a"]
    server.kill() if crash else server.stop()
    with pytest.raises(CatalogError, match="cannot be reached; nothing was changed"):
        catalog.read_now(names)
    waiting = [catalog._writer.submit(partial(insert, name=name)) for name in "bcd"]
    server.start()
    assert [job.result(PATIENCE_S) for job in waiting] == ["b", "c", "d"]
    for _ in range(8):
        assert catalog.read_now(names) == ["a", "b", "c", "d"]


def test_reads_do_not_notice_a_restart_between_them(server: PostgresServer, catalog: Catalog) -> None:
    together = threading.Barrier(4)
    for read in [catalog._readers.submit(lambda _: together.wait(PATIENCE_S)) for _ in range(4)]:
        read.result(PATIENCE_S)  # every thread has a connection now
    server.stop()
    server.start()
    for _ in range(8):
        assert catalog.read_now(names) == []


def test_callers_are_told_when_the_server_stays_away_and_nobody_waits_twice(
    server: PostgresServer, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE_S", 0.3)
    server.stop()
    jobs = [catalog._writer.submit(partial(insert, name=name)) for name in "abc"]
    for job in jobs:
        with pytest.raises(CatalogError, match="cannot be reached; nothing was changed") as caught:
            job.result(PATIENCE_S)
        assert not isinstance(caught.value, OutcomeUnknownError)
    paused: list[None] = []
    monkeypatch.setattr(time, "sleep", lambda _: paused.append(None))
    with pytest.raises(CatalogError):
        catalog.write_now(partial(insert, name="d"))
    assert paused == []
    monkeypatch.undo()
    server.start()
    assert catalog.write_now(partial(insert, name="e")) == "e"
    assert catalog.read_now(names) == ["e"]


def test_a_job_whose_connection_is_lost_runs_again_and_is_done_once(here: Catalog) -> None:
    runs: list[int] = []

    def work(conn: Connection) -> str:
        insert(conn, "a")
        runs.append(backend(conn))
        if len(runs) == 1:
            shared_server().do(f"SELECT pg_terminate_backend({runs[0]}, 10000)")
        return insert(conn, "b")

    assert here.write_now(work) == "b"
    assert len(set(runs)) == 2
    assert here.read_now(names) == ["a", "b"]


@pytest.mark.parametrize("done", [True, False], ids=["it was done", "it was not done"])
def test_a_commit_without_an_answer_is_told_apart_from_one_that_failed(done: bool) -> None:  # noqa: FBT001 - a column of the table above
    url = migrated()
    port = shared_server().port
    with Relay(port) as relay:
        catalog = Catalog.open(url.replace(f":{port}/", f":{relay.port}/"))
        catalog.write_now(partial(insert, name="a"))
        relay.mute(b"COMMIT") if done else relay.lose(b"COMMIT")
        with pytest.raises(OutcomeUnknownError, match="look whether it was done"):
            catalog.write_now(partial(insert, name="b"))
        assert relay.cuts == 1
        assert catalog.read_now(names) == (["a", "b"] if done else ["a"])
        assert catalog.write_now(partial(insert, name="c")) == "c"
        catalog.close()


def test_two_nodes_that_wait_for_each_other_both_get_there(here: Catalog) -> None:
    for name in "ab":
        here.write_now(partial(insert, name=name))
    url = here._engines[0].url.set(drivername="postgresql", query={}).render_as_string(hide_password=False)
    other = Catalog.open(url)
    both_have_one = threading.Barrier(2)
    runs: list[str] = []

    def cross(conn: Connection, first: str, second: str) -> None:
        rename(conn, first)
        if len(runs) < 2:
            runs.append(first)
            both_have_one.wait(PATIENCE_S)
        rename(conn, second)

    jobs = [
        here._writer.submit(partial(cross, first="a", second="b")),
        other._writer.submit(partial(cross, first="b", second="a")),
    ]
    for job in jobs:
        job.result(PATIENCE_S)
    assert here.read_now(names) == ["a++", "b++"]
    other.close()


def test_neighbours_of_a_job_that_was_given_up_run_by_themselves(here: Catalog) -> None:
    runs: list[str] = []

    def give_up_once(conn: Connection) -> str:
        runs.append("x")
        if len(runs) == 1:
            conn.exec_driver_sql("DO $$ BEGIN RAISE deadlock_detected; END $$")
        return insert(conn, "x")

    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> bool:
        begun.set()
        return go_on.wait(PATIENCE_S)

    gate = here._writer.submit(hold)
    assert begun.wait(PATIENCE_S)
    jobs = [here._writer.submit(work) for work in (partial(insert, name="a"), give_up_once, partial(insert, name="b"))]
    go_on.set()
    gate.result(PATIENCE_S)
    assert [job.result(PATIENCE_S) for job in jobs] == ["a", "x", "b"]
    assert here.read_now(names) == ["a", "b", "x"]


def test_a_job_that_is_given_up_again_and_again_is_told_to_come_back(here: Catalog) -> None:
    runs: list[None] = []

    def hopeless(conn: Connection) -> None:
        runs.append(None)
        conn.exec_driver_sql("DO $$ BEGIN RAISE serialization_failure; END $$")

    with pytest.raises(Problem) as caught:
        here.write_now(hopeless)
    assert (caught.value.code, caught.value.headers) == ("catalog_busy", (("Retry-After", "1"),))
    assert len(runs) == writer.TRIES


def test_who_waits_for_a_lock_too_long_is_told_to_come_back(here: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    here.write_now(partial(insert, name="a"))
    monkeypatch.setattr(postgres, "_SESSION", ("SET lock_timeout = 50",))
    url = here._engines[0].url.set(drivername="postgresql", query={}).render_as_string(hide_password=False)
    other = Catalog.open(url)
    held, let_go = threading.Event(), threading.Event()

    def hold(conn: Connection) -> None:
        rename(conn, "a")
        held.set()
        assert let_go.wait(PATIENCE_S)

    job = here._writer.submit(hold)
    assert held.wait(PATIENCE_S)
    with pytest.raises(Problem) as caught:
        other.write_now(partial(rename, which="a"))
    assert caught.value.code == "catalog_busy"
    let_go.set()
    job.result(PATIENCE_S)
    other.write_now(partial(rename, which="a"))
    assert here.read_now(names) == ["a++"]
    other.close()


def test_a_server_that_takes_no_writes_any_more_is_left(here: Catalog) -> None:
    before = here.write_now(backend)
    here.write_now(lambda conn: conn.exec_driver_sql("SET default_transaction_read_only = on").close())
    assert here.write_now(partial(insert, name="a")) == "a"
    assert here.write_now(backend) != before


def test_many_nodes_may_open_a_new_database_at_once(server: PostgresServer) -> None:
    url = server.make()
    with ThreadPoolExecutor(6) as threads:
        catalogs = list(threads.map(Catalog.open, [url] * 6))
    for number, catalog in enumerate(catalogs):
        catalog.write_now(partial(insert, name=str(number)))
    assert catalogs[0].read_now(names) == list("012345")
    for catalog in catalogs:
        catalog.close()
