from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from origin.catalog import postgres
from origin.catalog.database import Catalog
from origin.catalog.engine import keep, save, transaction_lost, undo
from origin.catalog.failures import CatalogError
from origin.catalog.postgres import reader_engine, whereabouts, writer_engine
from tests.support.postgres import PASSWORD, migrated, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

HUSH = "postgresql://user:hush@127.0.0.1"


@pytest.fixture
def url() -> str:
    return migrated()


@pytest.fixture
def writer(url: str) -> Iterator[Engine]:
    engine = writer_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(url: str) -> Iterator[Engine]:
    engine = reader_engine(url, 2)
    yield engine
    engine.dispose()


def add(conn: Connection, name: str) -> None:
    conn.execute(text("INSERT INTO tenants (id, name, created_at) VALUES (:n, :n, 0)"), {"n": name})


def names(conn: Connection) -> list[str]:
    return list(conn.scalars(text("SELECT id FROM tenants ORDER BY id")))


def setting(conn: Connection, name: str) -> object:
    return conn.exec_driver_sql(f"SHOW {name}").scalar_one()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hush@127.0.0.1",
        "postgresql://user:hush@127.0.0.1:5432/",
        "postgresql://user:x@host:hush/name",
        "postgresql:user:hush",
    ],
)
def test_a_url_of_another_form_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(CatalogError, match="must have the form postgresql://") as caught:
        Catalog.open(url)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hush" not in f"{error} {error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_server_that_is_not_there_is_told_with_where_it_was_looked_for() -> None:
    with pytest.raises(CatalogError, match=r"The database name at 127\.0\.0\.1:1 cannot be opened: .*refused"):
        Catalog.open(f"{HUSH}:1/name")


def test_no_error_and_no_object_shows_the_password(url: str, writer: Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    wrong = url.replace("test", "hush", 1)  # in the password, which the server then does not take
    shown = [whereabouts(wrong), repr(writer), repr(writer.url), str(writer.url)]
    with pytest.raises(CatalogError, match="password authentication failed") as caught:
        Catalog.open(wrong)
    error: BaseException | None = caught.value
    while error is not None:
        shown += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    with writer.connect() as conn:
        shown += [repr(conn), repr(conn.connection.driver_connection)]
        with pytest.raises(SQLAlchemyError) as failed:
            conn.execute(text("SELECT :secret FROM nonsense"), {"secret": "hush"})
        shown += [str(failed.value), repr(failed.value)]
    for word in ("hush", PASSWORD, "word/of"):
        assert [text for text in [*shown, caplog.text] if word in text] == []


def test_a_driver_that_is_missing_is_asked_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CatalogError, match=r"pip install 'headwater\[cluster\]'"):
        Catalog.open(url)


def test_connections_have_limits_and_a_name(url: str, writer: Engine, reader: Engine) -> None:
    for engine, part in ((writer, "writer"), (reader, "reader")):
        with engine.connect() as conn:
            assert setting(conn, "statement_timeout") == "10s"
            assert setting(conn, "lock_timeout") == "8s"
            assert setting(conn, "idle_in_transaction_session_timeout") == "5s"
            assert setting(conn, "application_name") == f"headwater {part}"
    with writer_engine(f"{url}?application_name=mine").connect() as conn:
        assert setting(conn, "application_name") == "mine"
        conn.connection.invalidate()


def test_a_writer_has_one_connection_and_readers_as_many_as_asked_for(writer: Engine, reader: Engine) -> None:
    for engine, most in ((writer, 1), (reader, 2)):
        taken = [engine.connect() for _ in range(most)]
        engine.pool._timeout = 0.0  # type: ignore[attr-defined]  # of QueuePool, which it is
        with pytest.raises(SQLAlchemyError, match="limit of size"):
            engine.connect()
        for conn in taken:
            conn.close()


def test_readers_refuse_to_write(reader: Engine) -> None:
    with pytest.raises(SQLAlchemyError, match="read-only transaction"), reader.begin() as conn:
        add(conn, "a")


def test_a_transaction_of_readers_sees_one_state(writer: Engine, reader: Engine) -> None:
    with reader.begin() as reading:
        assert names(reading) == []
        with writer.begin() as writing:
            add(writing, "a")
        assert names(reading) == []
    with reader.begin() as reading:
        assert names(reading) == ["a"]


def test_a_writer_refuses_a_server_that_takes_no_writes(url: str) -> None:
    database = url.rpartition("/")[2]
    server().do(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    with pytest.raises(CatalogError, match="session is read-only"):
        Catalog.open(url)


def test_what_was_done_since_a_savepoint_is_kept_or_undone(writer: Engine) -> None:
    with writer.begin() as conn:
        for name, end in (("a", keep), ("b", undo), ("c", keep)):
            save(conn)
            add(conn, name)
            end(conn)
    with writer.begin() as conn:
        assert names(conn) == ["a", "c"]


def test_a_statement_that_failed_is_undone_and_nothing_else_is(writer: Engine) -> None:
    with writer.begin() as conn:
        add(conn, "a")
        save(conn)
        with pytest.raises(SQLAlchemyError):
            add(conn, "a")
        assert not transaction_lost(conn)
        undo(conn)
        add(conn, "b")
    with writer.begin() as conn:
        assert names(conn) == ["a", "b"]


def test_a_connection_that_the_server_closed_is_noticed(writer: Engine) -> None:
    with writer.connect() as conn:
        number = conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        server().do(f"SELECT pg_terminate_backend({number}, 10000)")
        with pytest.raises(OperationalError):
            save(conn)
        assert transaction_lost(conn)


def test_a_node_that_stands_still_lets_go_of_its_locks(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_SESSION", ("SET idle_in_transaction_session_timeout = 50",))
    still, other = writer_engine(url), writer_engine(url)
    with still.connect() as conn:
        add(conn, "a")
        with other.begin() as waiting:
            add(waiting, "a")  # it waits for the fate of the other's row, which the time-out decides
        with other.connect() as reading:
            assert names(reading) == ["a"]
        conn.invalidate()
    other.dispose()
    still.dispose()
