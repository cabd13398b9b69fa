from __future__ import annotations

import io
import sqlite3
from contextlib import closing, redirect_stdout
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from origin.catalog import migrate
from origin.catalog.database import Catalog
from origin.catalog.engine import writer_engine
from origin.catalog.errors import CatalogError
from origin.catalog.schema import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = writer_engine(tmp_path / "new" / "catalog.db")
    migrate.prepare(tmp_path / "new" / "catalog.db", engine)
    yield engine
    engine.dispose()


def test_the_migrations_lead_to_the_schema(engine: Engine) -> None:
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_there_is_one_newest_schema(engine: Engine) -> None:
    heads = ScriptDirectory.from_config(migrate.configuration()).get_heads()
    with engine.connect() as conn:
        assert list(MigrationContext.configure(conn).get_current_heads()) == heads
    assert len(heads) == 1


def test_a_database_that_is_new_enough_is_left_as_it_is(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "new" / "catalog.db"
    before = schema_version(path)
    migrate.prepare(path, engine)
    assert schema_version(path) == before


def schema_version(path: Path) -> object:
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute("PRAGMA schema_version").fetchone()


def test_the_file_is_wal_and_its_owners_alone(engine: Engine, tmp_path: Path) -> None:
    del engine
    path = tmp_path / "new" / "catalog.db"
    assert path.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert [item.name for item in path.parent.iterdir() if not item.name.startswith("catalog.db")] == []


def test_a_newer_database_is_refused_with_a_sentence(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CatalogError, match="written by a newer version"):
        Catalog.open(f"sqlite:///{tmp_path}/new/catalog.db")


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE sessions (in_the_way TEXT)")  # the last table that the first step makes
    with pytest.raises(CatalogError, match="table sessions already exists"):
        Catalog.open(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as raw:
        names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert names == [("sessions",)]


def test_what_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"something else altogether" * 100)
    with pytest.raises(CatalogError, match="cannot be opened: file is not a database"):
        Catalog.open(f"sqlite:///{tmp_path}/catalog.db")


def test_a_path_that_cannot_be_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogError, match="cannot be opened"):
        Catalog.open(f"sqlite:///{tmp_path}/file/catalog.db")


def test_names_of_folders_are_not_parsed_as_urls(tmp_path: Path) -> None:
    Catalog.open(f"sqlite:///{tmp_path}/50% off?#1/catalog.db").close()
    assert (tmp_path / "50% off?#1" / "catalog.db").exists()


def test_the_lock_is_waited_for_only_so_long(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del engine
    monkeypatch.setattr(migrate, "LOCK_WAIT_S", 0.0)
    with migrate._folder_lock(tmp_path / "new"), pytest.raises(CatalogError, match="Another process has been"):
        Catalog.open(f"sqlite:///{tmp_path}/new/catalog.db")


def test_migrations_can_be_said_in_postgresql() -> None:
    config = migrate.configuration()
    spoken = io.StringIO()
    config.output_buffer = spoken
    with redirect_stdout(spoken):
        command.upgrade(config, "head", sql=True)
    assert "CREATE TABLE streams" in spoken.getvalue()
    assert "DOUBLE PRECISION" in spoken.getvalue()


def test_a_file_system_without_wal_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unshared(sqlite3.Connection):
        """As on a network file system: SQLite stays at the mode it has (sqlite.org/wal.html)."""

        def execute(self, sql: str, *rest: object) -> sqlite3.Cursor:
            del rest
            return super().execute(sql.replace("WAL", "DELETE"))

    monkeypatch.setattr(sqlite3, "connect", Unshared)
    with pytest.raises(CatalogError, match="put the catalog on a local disk"):
        migrate._use_wal(tmp_path / "catalog.db")
