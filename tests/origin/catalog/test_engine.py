from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from origin.catalog import engine
from origin.catalog.engine import database_file, keep, reader_engine, save, transaction_lost, undo, writer_engine
from origin.catalog.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from origin.catalog.database import Catalog


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def path(catalog: Catalog, url: str) -> Path:
    """A file with the catalog's schema."""
    del catalog
    return database_file(url)


@pytest.fixture
def writer(path: Path) -> Iterator[Engine]:
    engine = writer_engine(path)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(path: Path) -> Iterator[Engine]:
    engine = reader_engine(path, 2)
    yield engine
    engine.dispose()


def add(conn: Connection, name: str) -> None:
    conn.execute(text("INSERT INTO tenants (id, name, created_at) VALUES (:n, :n, 0)"), {"n": name})


def names(conn: Connection) -> list[str]:
    return list(conn.scalars(text("SELECT id FROM tenants ORDER BY id")))


def pragma(conn: Connection, name: str) -> object:
    return conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////var/lib/headwater/catalog.db", "/var/lib/headwater/catalog.db"),
        ("sqlite:///data/catalog.db", "data/catalog.db"),
        ("sqlite:///50% off?#1/a b.db", "50% off?#1/a b.db"),
    ],
)
def test_the_path_is_what_follows_three_slashes(url: str, path: str) -> None:
    assert database_file(url) == Path(path)


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "postgresql:///db", "data/x.db"])
def test_only_files_of_sqlite_can_be_opened(url: str) -> None:
    with pytest.raises(CatalogError, match="must be sqlite:///"):
        database_file(url)


def test_an_error_about_the_url_does_not_tell_its_password() -> None:
    with pytest.raises(CatalogError) as caught:
        database_file("postgresql://user:hush@host/db")
    assert "hush" not in str(caught.value)


def test_a_commit_is_flushed_to_the_disk(writer: Engine) -> None:
    """synchronous=2 is FULL: the log is flushed at every commit (sqlite.org/pragma.html)."""
    with writer.begin() as conn:
        assert pragma(conn, "synchronous") == 2
        assert pragma(conn, "journal_mode") == "wal"
        assert pragma(conn, "journal_size_limit") == engine.JOURNAL_LIMIT_BYTES


def test_what_a_row_refers_to_must_be_there(writer: Engine, reader: Engine) -> None:
    for one in (writer, reader):
        with one.begin() as conn:
            assert pragma(conn, "foreign_keys") == 1
            assert pragma(conn, "busy_timeout") == engine.BUSY_TIMEOUT_MS


def test_readers_refuse_to_write(reader: Engine) -> None:
    with pytest.raises(OperationalError, match="readonly"), reader.begin() as conn:
        add(conn, "a")


def test_a_writer_takes_the_lock_at_once(writer: Engine, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_WRITER", ("PRAGMA busy_timeout=0",))
    other = writer_engine(path)
    with writer.begin(), pytest.raises(OperationalError, match="locked"), other.begin():
        pass
    with other.begin() as conn:
        add(conn, "a")
    other.dispose()


def test_a_reader_waits_for_no_writer_and_sees_what_was_committed(writer: Engine, reader: Engine) -> None:
    with writer.begin() as writing:
        add(writing, "a")
        with reader.begin() as reading:
            assert names(reading) == []
    with reader.begin() as reading:
        assert names(reading) == ["a"]


def test_what_was_done_since_a_savepoint_is_kept_or_undone(writer: Engine) -> None:
    with writer.begin() as conn:
        for name, end in (("a", keep), ("b", undo), ("c", keep)):
            save(conn)
            add(conn, name)
            end(conn)
        assert not transaction_lost(conn)
    with writer.begin() as conn:
        assert names(conn) == ["a", "c"]


def test_savepoints_of_the_work_itself_are_undone_with_it(writer: Engine) -> None:
    with writer.begin() as conn:
        save(conn)
        with conn.begin_nested():
            add(conn, "a")
        undo(conn)
        assert names(conn) == []


def test_a_transaction_that_is_gone_is_noticed(writer: Engine) -> None:
    with writer.connect() as conn, conn.begin():
        add(conn, "a")
        assert not transaction_lost(conn)
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute("ROLLBACK")  # what SQLite does by itself on some full disks and I/O errors
        assert transaction_lost(conn)
    with writer.begin() as conn:
        assert names(conn) == []
