"""The server goes away and comes back, or gives a transaction up, under a running catalog."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from origin.catalog import tenants, writer
from origin.catalog.database import Catalog
from origin.catalog.errors import CatalogError, OutcomeUnknownError
from origin.catalog.tenants import Tenant
from tests.origin.catalog.made import problem
from tests.support.postgres import server
from tests.support.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

WAIT_S = 30.0
COMMIT = b"COMMIT\0"  # and not the "COMMITTED" of an isolation level
END_SESSION = "SELECT pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture
def _running() -> Iterator[None]:
    """For the tests that come after one which stops the server and fails."""
    yield
    server().start()


@pytest.fixture
def other(url: str) -> Iterator[Catalog]:
    """Another node's."""
    catalog = Catalog.open(url)
    yield catalog
    catalog.close()


def adding(name: str) -> partial[None]:
    return partial(tenants.create, tenant=Tenant(name, name, 0.0))


def names(conn: Connection) -> list[str]:
    return list(conn.scalars(text("SELECT id FROM tenants ORDER BY id")))


def rename(conn: Connection, tenant_id: str) -> None:
    conn.execute(text("UPDATE tenants SET name = name || '+' WHERE id = :id"), {"id": tenant_id})


@pytest.mark.usefixtures("_running")
def test_reads_and_writes_come_back_after_a_restart(catalog: Catalog) -> None:
    catalog.write_now(adding("a"))
    together = threading.Barrier(4)
    for read in [catalog._readers.submit(lambda _: together.wait(WAIT_S)) for _ in range(4)]:
        read.result(WAIT_S)  # so that four connections are open, and all of them are lost
    server().stop()
    with pytest.raises(CatalogError, match="cannot be reached"):
        catalog.read_now(names)
    waiting = [catalog._writer.submit(adding(name)) for name in "bc"]
    server().start()
    for write in waiting:
        write.result(WAIT_S)
    assert [catalog.read_now(names) for _ in range(4)] == [["a", "b", "c"]] * 4
    server().kill()
    server().start()
    assert [catalog.read_now(names) for _ in range(4)] == [["a", "b", "c"]] * 4
    catalog.write_now(adding("d"))


@pytest.mark.usefixtures("_running")
def test_callers_are_told_when_the_database_stays_away(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PATIENCE_S", 0.2)
    server().stop()
    for name in "ab":
        with pytest.raises(CatalogError, match="cannot be reached; nothing was changed"):
            catalog.write_now(adding(name))
    server().start()
    catalog.write_now(adding("c"))
    assert catalog.read_now(names) == ["c"]


def test_jobs_run_again_when_their_connection_was_lost_before_the_commit(catalog: Catalog) -> None:
    runs: list[None] = []

    def lose_once(conn: Connection) -> None:
        runs.append(None)
        adding("b")(conn)
        if len(runs) == 1:
            conn.exec_driver_sql(END_SESSION)

    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)

    jobs = [catalog._writer.submit(hold)]
    assert begun.wait(WAIT_S)
    jobs += [catalog._writer.submit(work) for work in (adding("a"), lose_once, adding("c"))]
    go_on.set()
    for job in jobs:
        job.result(WAIT_S)
    assert len(runs) == 2
    assert catalog.read_now(names) == ["a", "b", "c"]


def test_a_commit_that_was_cut_off_is_told_as_unknown_and_not_repeated(catalog: Catalog) -> None:
    """A deferred constraint is checked within COMMIT: this one ends the session there."""

    def lay_trap(conn: Connection) -> None:
        body = f"BEGIN PERFORM {END_SESSION[7:]}; RETURN NEW; END"
        conn.exec_driver_sql(f"CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS '{body}'")
        conn.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON tenants DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.id = 'trap') EXECUTE FUNCTION trap()"
        )

    runs: list[None] = []

    def step_into_it(conn: Connection) -> None:
        runs.append(None)
        adding("trap")(conn)

    catalog.write_now(lay_trap)
    with pytest.raises(OutcomeUnknownError, match="lost during the commit; look whether it was done") as caught:
        catalog.write_now(step_into_it)
    assert caught.value.code == "catalog_failed"
    assert len(runs) == 1
    catalog.write_now(adding("a"))
    assert catalog.read_now(names) == ["a"]


@pytest.mark.parametrize("done", [True, False], ids=["it was done", "it was not done"])
def test_a_commit_whose_answer_does_not_come_may_have_been_done_or_not(url: str, done: bool) -> None:  # noqa: FBT001 - a column of the table above
    port = server().port
    with Relay(port) as relay:
        catalog = Catalog.open(url.replace(f":{port}/", f":{relay.port}/"))
        catalog.write_now(adding("a"))
        relay.mute(COMMIT) if done else relay.lose(COMMIT)
        with pytest.raises(OutcomeUnknownError):
            catalog.write_now(adding("b"))
        assert relay.cuts == 1
        assert catalog.read_now(names) == (["a", "b"] if done else ["a"])
        catalog.write_now(adding("c"))
        catalog.close()


def test_of_a_deadlock_both_sides_are_done_in_the_end(catalog: Catalog, other: Catalog) -> None:
    for name in "ab":
        catalog.write_now(adding(name))
    together, first_runs, runs = threading.Barrier(2), set[str](), list[str]()

    def cross(conn: Connection, one: str, two: str) -> None:
        runs.append(one)
        rename(conn, one)
        if one not in first_runs:
            first_runs.add(one)
            together.wait(WAIT_S)
        rename(conn, two)

    jobs = [
        node._writer.submit(partial(cross, one=one, two=two))
        for node, one, two in ((catalog, "a", "b"), (other, "b", "a"))
    ]
    for job in jobs:
        job.result(WAIT_S)
    assert len(runs) >= 3  # the victim may be quick enough to be one again
    assert sorted(catalog.read_now(lambda conn: list(conn.scalars(text("SELECT name FROM tenants"))))) == ["a++", "b++"]


def test_a_transaction_that_is_given_up_again_and_again_is_told_as_busy(catalog: Catalog) -> None:
    runs: list[None] = []

    def fail(conn: Connection) -> None:
        runs.append(None)
        conn.exec_driver_sql("DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40001''; END'")

    with problem("catalog_busy"):
        catalog.write_now(fail)
    assert len(runs) == writer.TRIES


def test_a_row_that_another_node_holds_for_too_long_is_told_as_busy(catalog: Catalog, other: Catalog) -> None:
    catalog.write_now(adding("a"))
    begun, go_on = threading.Event(), threading.Event()

    def hold(conn: Connection) -> None:
        rename(conn, "a")
        begun.set()
        assert go_on.wait(WAIT_S)

    def want(conn: Connection) -> None:
        conn.exec_driver_sql("SET LOCAL lock_timeout = 20")
        rename(conn, "a")

    held = other._writer.submit(hold)
    assert begun.wait(WAIT_S)
    with problem("catalog_busy"):
        catalog.write_now(want)
    go_on.set()
    held.result(WAIT_S)
