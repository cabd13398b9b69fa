"""Connections to SQLite, with the guarantees that the rest of the catalog counts on, and what both databases share.

WAL: readers never wait for the writer. synchronous=FULL: a commit that was reported survives a power cut.
The driver's own ideas of when a transaction begins are turned off; `BEGIN` is said here.
PostgreSQL's connections are in `postgres`; what a transaction may need of either is below: savepoints and turns.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from origin.catalog.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable

BUSY_TIMEOUT_MS: Final = 5_000
"""How long to wait for another process's write (`headwater keys rotate` beside a server); they take milliseconds."""
JOURNAL_LIMIT_BYTES: Final = 64 << 20
"""What the write-ahead log is cut back to after one large burst; normally it stays at 4 MB (1,000 pages)."""

_TURN: Final = 0x686561647761746572 >> 8
"""The first eight bytes of "headwater": an advisory lock is a number that all users of a database share."""

_COMMON: Final = (f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}", "PRAGMA foreign_keys=ON")
_WRITER: Final = (*_COMMON, "PRAGMA synchronous=FULL", f"PRAGMA journal_size_limit={JOURNAL_LIMIT_BYTES}")
_READER: Final = (*_COMMON, "PRAGMA query_only=ON")


def database_file(url: str) -> Path:
    """Take the path from `sqlite:///path`. Not parsed as a URL: `?`, `#` and `%` are legal in the names of folders."""
    scheme, slashes, path = url.partition(":///")
    if scheme != "sqlite" or not slashes or path in ("", ":memory:"):
        kind = url.partition(":")[0]  # and no more of it: there may be a password
        raise CatalogError(f"The database URL must be sqlite:/// and the path of a file, not {kind}:….")
    return Path(path)


def writer_engine(path: Path) -> Engine:
    """One connection; its transactions take the write lock at once, so that they never fail half-way to get it."""
    return _engine(path, 1, _WRITER, "BEGIN IMMEDIATE")


def reader_engine(path: Path, connections: int) -> Engine:
    """Connections that refuse to write. A transaction of theirs sees one state of the database."""
    return _engine(path, connections, _READER, "BEGIN")


def is_shared(conn: Connection) -> bool:
    """Tell a database that several nodes may write from one that is a file of this machine."""
    return conn.dialect.name == "postgresql"


def take_turn(conn: Connection) -> None:
    """Wait until no other node is in a transaction that took its turn. SQLite's writers always take turns."""
    if is_shared(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def save(conn: Connection) -> None:
    """Set a savepoint, for `undo` or `keep` to end. Unlike `begin_nested`, it costs less than what it protects."""
    _say(conn, "SAVEPOINT job")


def keep(conn: Connection) -> None:
    """Keep what was done since `save`."""
    _say(conn, "RELEASE job")


def undo(conn: Connection) -> None:
    """Undo what was done since `save`."""
    _say(conn, "ROLLBACK TO job")
    _say(conn, "RELEASE job")


def _say(conn: Connection, statement: str) -> None:
    if is_shared(conn):
        conn.exec_driver_sql(statement)  # SQLAlchemy notices a lost connection; beside the way there it costs nothing
        return
    raw: Any = conn.connection.driver_connection
    raw.execute(statement)


def transaction_lost(conn: Connection) -> bool:
    """Tell whether more is lost than the job: the connection, or SQLite has given up the whole transaction.

    It may when the disk is full: see "Response To Errors Within A Transaction" in
    https://sqlite.org/lang_transaction.html.
    """
    if conn.invalidated:
        return True
    raw: Any = conn.connection.driver_connection
    return bool(raw.broken or raw.closed) if is_shared(conn) else not raw.in_transaction


def _engine(path: Path, connections: int, pragmas: Iterable[str], begin: str) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), pool_size=connections, max_overflow=0)

    def prepare(raw: Any, _record: object) -> None:
        raw.isolation_level = None
        for pragma in pragmas:
            raw.execute(pragma)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql(begin))
    return engine
