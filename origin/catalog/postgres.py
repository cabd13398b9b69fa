"""Connections to PostgreSQL, which the nodes of a cluster share.

Times, limits and the isolation of transactions are set by each connection for itself, so that they hold whatever the
server's configuration says. The password is known to the driver alone: SQLAlchemy shows it as `***`, and no parameter
of a statement gets into an error's text (`hide_parameters`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from origin.catalog.errors import CatalogError
from origin.catalog.failures import sentence

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

CONNECT_TIMEOUT_S: Final = 5
"""For each address of the server: a connection takes milliseconds, and a start or a publisher waits for it."""
IDLE_IN_TRANSACTION_MS: Final = 5_000
"""A node that stops in mid-transaction lets go of its locks after this: before those that wait for them give up, and
long before anybody else may have its leases. Transactions here never wait for anything but the database."""
LOCK_TIMEOUT_MS: Final = 8_000
"""Longer than a stopped node may keep a lock; else other nodes' transactions take milliseconds."""
STATEMENT_TIMEOUT_MS: Final = 10_000
"""Every statement takes milliseconds once it has its locks."""
SILENCE_MS: Final = 10_000
"""How long sent bytes may stay unacknowledged; without it the kernel waits some fifteen minutes for a server that is
gone (tcp_user_timeout, tcp(7))."""
APPLICATION: Final = "headwater"
"""What an operator finds in pg_stat_activity, with the kind of connection behind it."""

_LINK: Final = {
    "connect_timeout": str(CONNECT_TIMEOUT_S),
    "tcp_user_timeout": str(SILENCE_MS),
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "keepalives_count": "3",
}
"""libpq's own names. The URL's query may say otherwise, and more (`sslmode=verify-full`, `sslrootcert=…`)."""
_SESSION: Final = (
    f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}",
    f"SET lock_timeout = {LOCK_TIMEOUT_MS}",
    f"SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_MS}",
)


def writer_engine(url: str) -> Engine:
    """One connection, to a server that takes writes. It is not tried before use: the writer begins anew by itself."""
    engine = _engine(url, 1, "writer", target_session_attrs="read-write")

    def restrict(raw: Any, _record: object) -> None:
        raw.isolation_level = 2  # psycopg.IsolationLevel.READ_COMMITTED, which `leases` counts on

    event.listen(engine, "connect", restrict)
    return engine


def reader_engine(url: str, connections: int) -> Engine:
    """Connections that refuse to write. A transaction of theirs sees one state of the database."""
    engine = _engine(url, connections, "reader")

    def restrict(raw: Any, _record: object) -> None:
        raw.read_only = True  # both go out with BEGIN, at no price
        raw.isolation_level = 3  # psycopg.IsolationLevel.REPEATABLE_READ

    event.listen(engine, "connect", restrict)
    return engine


def whereabouts(url: str) -> str:
    """Where the database is, for the eyes of operators: `name at host:port`."""
    parsed = _parse(url)
    return f"{parsed.database} at {parsed.host or 'the local socket'}{f':{parsed.port}' if parsed.port else ''}"


def look(url: str) -> str:
    """Say what answers there, and change nothing. Raises `CatalogError`."""
    engine = reader_engine(url, 1)
    try:
        with engine.connect() as conn:
            version, standby = conn.exec_driver_sql("SELECT version(), pg_is_in_recovery()").one()
    except DBAPIError as error:
        raise CatalogError(f"The database {whereabouts(url)} cannot be reached: {sentence(error)}.") from error
    finally:
        engine.dispose()
    if standby:
        raise CatalogError(f"The database {whereabouts(url)} is a standby; database_url must name its primary.")
    return f"{' '.join(version.split()[:2])} has the database {whereabouts(url)}."


def _engine(url: str, connections: int, part: str, **link: str) -> Engine:
    parsed = _parse(url)
    query = {**_LINK, **link, "application_name": f"{APPLICATION} {part}", **parsed.query}
    try:
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg", query=query),
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=part == "reader",
            hide_parameters=True,
        )
    except ImportError:
        raise CatalogError("PostgreSQL needs its driver: pip install 'headwater[cluster]'.") from None

    def prepare(raw: Any, _record: object) -> None:
        for statement in _SESSION:
            raw.execute(statement)
        raw.commit()

    event.listen(engine, "connect", prepare)
    return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername != "postgresql" or not parsed.database:
        # No word of the URL is repeated: wherever the mistake is, there may be a password in it.
        raise CatalogError("The database URL must have the form postgresql://user:password@host:port/name.") from None
    return parsed
