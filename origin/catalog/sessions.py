"""Sessions of the pages, and the one-time links that begin them. Codes and cookies are here by hash only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, update

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LINK = schema.links.c
_SESSION = schema.sessions.c
_RUNNING: Final = select(schema.sessions).where(
    _SESSION.session_hash == bindparam("wanted"), _SESSION.expires_at > bindparam("now")
)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that has signed in."""

    session_hash: str
    tenant_id: str
    created_at: float
    expires_at: float


def create_link(conn: Connection, code_hash: str, tenant_id: str, now: float, ttl_s: float) -> None:
    """Note a link that may be used once, within `ttl_s`."""
    conn.execute(insert(schema.links).values(code_hash=code_hash, tenant_id=tenant_id, expires_at=now + ttl_s))


def redeem_link(conn: Connection, code_hash: str, session_hash: str, now: float, ttl_s: float) -> bool:
    """Use a link up and begin a session of `ttl_s`; False if it is unknown, used or too old."""
    fresh = (_LINK.code_hash == code_hash, _LINK.redeemed_at.is_(None), _LINK.expires_at > now)
    if not rows.touched(conn, update(schema.links).where(*fresh).values(redeemed_at=now)):
        return False
    tenant_id = conn.execute(select(_LINK.tenant_id).where(_LINK.code_hash == code_hash)).scalar_one()
    rows.add(conn, schema.sessions, Session(session_hash, tenant_id, now, now + ttl_s))
    return True


def find_session(conn: Connection, session_hash: str, now: float) -> Session | None:
    """Look up a session that has not run out."""
    return rows.first(conn, _RUNNING, Session, wanted=session_hash, now=now)


def end_session(conn: Connection, session_hash: str) -> bool:
    """Sign a browser out."""
    return rows.touched(conn, delete(schema.sessions).where(_SESSION.session_hash == session_hash)) == 1


def purge(conn: Connection, now: float) -> int:
    """Forget links and sessions that have run out; how many."""
    expired = (
        delete(schema.links).where(_LINK.expires_at <= now),
        delete(schema.sessions).where(_SESSION.expires_at <= now),
    )
    return sum(rows.touched(conn, statement) for statement in expired)
