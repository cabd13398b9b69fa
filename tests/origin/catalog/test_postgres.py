from __future__ import annotations

import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from origin.catalog import engine, migrate, postgres
from origin.catalog.database import Catalog
from origin.catalog.errors import CatalogError
from origin.catalog.schema import METADATA
from tests.support.postgres import PASSWORD, migrated, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

PATIENCE_S = 30.0


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture
def writer(url: str) -> Iterator[Engine]:
    writer = postgres.writer_engine(url)
    yield writer
    writer.dispose()


@pytest.fixture
def reader(url: str) -> Iterator[Engine]:
    reader = postgres.reader_engine(url, 2)
    yield reader
    reader.dispose()


def add(conn: Connection, name: str) -> None:
    conn.execute(text("INSERT INTO tenants (id, name, created_at) VALUES (:n, :n, 0)"), {"n": name})


def names(conn: Connection) -> list[str]:
    return list(conn.scalars(text("SELECT id FROM tenants ORDER BY id")))


def shown(conn: Connection, setting: str) -> str:
    return str(conn.exec_driver_sql(f"SHOW {setting}").scalar_one())


def test_nothing_waits_without_a_limit(writer: Engine, reader: Engine) -> None:
    for one in (writer, reader):
        with one.begin() as conn:
            assert shown(conn, "statement_timeout") == "10s"
            assert shown(conn, "lock_timeout") == "8s"
            assert shown(conn, "idle_in_transaction_session_timeout") == "5s"
            assert shown(conn, "application_name").startswith("headwater ")


def test_isolation_is_what_the_repositories_count_on_whatever_the_server_prefers(url: str) -> None:
    server().do(f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_isolation = 'serializable'")
    for one, isolation in (
        (postgres.writer_engine(url), "read committed"),
        (postgres.reader_engine(url, 1), "repeatable read"),
    ):
        with one.begin() as conn:
            assert shown(conn, "transaction_isolation") == isolation
        one.dispose()


def test_readers_refuse_to_write_and_see_one_state(writer: Engine, reader: Engine) -> None:
    with reader.begin() as reading:
        assert names(reading) == []
        with writer.begin() as writing:
            add(writing, "a")
        assert names(reading) == []
    with reader.begin() as reading:
        assert names(reading) == ["a"]
        with pytest.raises(DBAPIError, match="read-only"):
            add(reading, "b")
        reading.rollback()


def test_savepoints_are_kept_or_undone_after_an_error_too(writer: Engine) -> None:
    with writer.begin() as conn:
        for name in ("a", "a", "b"):
            engine.save(conn)
            try:
                add(conn, name)
            except DBAPIError:
                assert not engine.transaction_lost(conn)
                engine.undo(conn)
            else:
                engine.keep(conn)
    with writer.begin() as conn:
        assert names(conn) == ["a", "b"]


def test_the_migrations_lead_to_the_schema(writer: Engine) -> None:
    with writer.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_nodes_that_start_at_once_take_turns_to_migrate() -> None:
    url, together = server().make(), threading.Barrier(6)

    def start(_: int) -> Catalog:
        together.wait(PATIENCE_S)
        return Catalog.open(url)

    with ThreadPoolExecutor(6) as threads:
        catalogs = list(threads.map(start, range(6)))
    for number, catalog in enumerate(catalogs):
        catalog.write_now(lambda conn, name=str(number): add(conn, name))  # type: ignore[misc]  # bound at once
    assert catalogs[0].read_now(names) == list("012345")
    for catalog in catalogs:
        catalog.close()


def test_a_turn_is_waited_for_only_so_long(writer: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "LOCK_WAIT_S", 0.05)
    with writer.begin() as conn:
        engine.take_turn(conn)
        with pytest.raises(CatalogError, match="another node has been preparing it"):
            Catalog.open(url)


def test_a_newer_database_is_refused_with_a_sentence(writer: Engine, url: str) -> None:
    with writer.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CatalogError, match="written by a newer version"):
        Catalog.open(url)


def test_a_migration_that_fails_leaves_nothing() -> None:
    url = server().make()
    name = url.rpartition("/")[2]
    server().do("CREATE TABLE sessions (in_the_way TEXT)", name)
    with pytest.raises(CatalogError, match='"sessions" already exists'):
        Catalog.open(url)
    tables = server().do("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name)
    assert tables == [("sessions",)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("/test", "/none_test"), "does not exist"),
        (("pass", "false"), "password authentication failed"),
        ((f":{server().port}/", ":1/"), "refused"),
    ],
    ids=["no database", "wrong password", "no server"],
)
def test_what_cannot_be_opened_is_told_without_the_password(
    change: tuple[str, str], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(CatalogError, match=sentence) as caught:
        Catalog.open(migrated().replace(*change))
    assert "127.0.0.1" in caught.value.detail
    told = f"{caught.value!r} {caught.value.detail} {caught.value.__cause__} {caplog.text}"
    assert "word/of" not in told
    assert "word%2Fof" not in told


def test_statements_and_their_values_are_not_in_errors_texts(catalog: Catalog) -> None:
    catalog.write_now(lambda conn: add(conn, "hush"))
    with pytest.raises(Exception, match="exists already") as caught:
        catalog.write_now(lambda conn: add(conn, "hush"))
    assert "hush" not in str(caught.value)
    with pytest.raises(CatalogError) as caught_too:
        catalog.write_now(lambda conn: conn.execute(text("SELECT :n::int"), {"n": "x"}))
    assert PASSWORD not in str(caught_too.value)


@pytest.mark.parametrize(
    "url", ["postgresql:", "postgresql://u:hush@h", "postgresql://u:hush@h:x/db", "mysql://u:hush@h/db"]
)
def test_an_error_about_the_url_does_not_repeat_it(url: str) -> None:
    with pytest.raises(CatalogError, match="must") as caught:
        postgres.writer_engine(url)
    assert "hush" not in f"{caught.value} {caught.value.__cause__}"


def test_a_missing_driver_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CatalogError, match=r"pip install 'headwater\[cluster\]'"):
        Catalog.open("postgresql://u:p@127.0.0.1/db")


def test_pools_are_bounded(catalog: Catalog, url: str) -> None:
    made: list[None] = []
    for each in catalog._engines:
        event.listen(each, "connect", lambda *_: made.append(None))
    together = threading.Barrier(4)
    reads = [catalog._readers.submit(lambda _: together.wait(PATIENCE_S)) for _ in range(4)]
    assert sorted(read.result(PATIENCE_S) for read in reads) == [0, 1, 2, 3]
    connected = server().do("SELECT datname, count(*) FROM pg_stat_activity GROUP BY datname")
    assert (url.rpartition("/")[2], 5) in connected
    assert len(made) == 4
