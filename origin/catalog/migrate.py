"""Brings a database to the newest schema when it is opened: Alembic's migrations, packaged with the program.

Processes that start at once take turns: by a lock on the database's folder, which leaves no file behind and goes with
its holder, or by an advisory lock of PostgreSQL's, which goes with its transaction.
All steps are one transaction: a start that is killed half-way leaves the old schema.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

from origin.catalog.engine import is_shared, take_turn
from origin.catalog.errors import CatalogError
from origin.catalog.failures import lock_missed, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

LOCK_WAIT_S: Final = 60.0
"""Longer than any migration of a catalog takes; after it, somebody should look."""
LOCK_POLL_S: Final = 0.02


def configuration() -> Config:
    """Alembic's configuration, with no file: the migrations are found as a package."""
    config = Config()
    config.set_main_option("script_location", "origin.catalog:migrations")
    config.set_main_option("path_separator", "os")
    return config


def prepare(path: Path, engine: Engine) -> None:
    """Make the file (readable by its owner only) if it is absent, and bring it to the newest schema."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _folder_lock(path.parent):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            _use_wal(path)
            upgrade(engine)
    except OSError as error:
        raise CatalogError(f"The database {path} cannot be opened: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise CatalogError(f"The database {path} cannot be opened: {error}.") from error


def prepare_server(where: str, engine: Engine) -> None:
    """Bring a database of PostgreSQL's to the newest schema. `where` is told if it cannot be."""
    try:
        upgrade(engine)
    except OperationalError as error:
        reason = f"another node has been preparing it for {LOCK_WAIT_S} s" if lock_missed(error) else sentence(error)
        raise CatalogError(f"The database {where} cannot be opened: {reason}.") from error


def upgrade(engine: Engine) -> None:
    """Run what is missing, as one transaction. The caller holds the lock of a file."""
    config = configuration()
    try:
        with engine.begin() as conn:
            if is_shared(conn):
                _await_turn(conn)
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
    except CommandError as error:
        raise CatalogError(f"The database was written by a newer version; use that one. ({error})") from error


def _await_turn(conn: Connection) -> None:
    """Hold off other nodes' starts, and let no step of a migration run into the limits of everyday statements."""
    wait_ms = round(LOCK_WAIT_S * 1000)
    for setting in (f"lock_timeout = {wait_ms}", "statement_timeout = 0"):
        conn.exec_driver_sql(f"SET LOCAL {setting}")
    take_turn(conn)


def _use_wal(path: Path) -> None:
    """Switch the file to WAL, for good. The folder must be locked: of two that switch at once, one gets SQLITE_BUSY."""
    with closing(sqlite3.connect(path)) as raw:
        (mode,) = raw.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise CatalogError(f"{path} is on a file system without shared memory; put the catalog on a local disk.")


@contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    deadline = time.monotonic() + LOCK_WAIT_S
    try:
        while not _locked(handle):
            if time.monotonic() > deadline:
                raise CatalogError(f"Another process has been preparing the database in {folder} for {LOCK_WAIT_S} s.")
            time.sleep(LOCK_POLL_S)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
