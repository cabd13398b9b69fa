"""Tokens that were taken back before their time. The list is bounded: a row goes when its token would have expired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROW = schema.revocations.c


@dataclass(frozen=True, slots=True)
class Revocation:
    """A token by its jti. `until` is when it expires by itself; None: never (the token of a public stream)."""

    jti: str
    tenant_id: str
    until: float | None
    created_at: float


def add(conn: Connection, jti: str, tenant_id: str, until: float | None, now: float) -> None:
    """Revoke a token. Once more is no error, and never shortens what stands."""
    known = rows.first(conn, select(schema.revocations).where(_ROW.jti == jti).with_for_update(), Revocation)
    if known is None:
        rows.add(conn, schema.revocations, Revocation(jti, tenant_id, until, now))
    elif known.until is not None:
        longest = None if until is None else max(until, known.until)
        conn.execute(update(schema.revocations).where(_ROW.jti == jti).values(until=longest))


def active(conn: Connection, now: float) -> dict[str, float | None]:
    """Give the whole list, jti to `until`, to be kept in memory and asked on every request."""
    query = select(_ROW.jti, _ROW.until).where(or_(_ROW.until.is_(None), _ROW.until > now))
    return {jti: until for jti, until in conn.execute(query)}  # noqa: C416 - rows are not pairs to the type checker


def purge(conn: Connection, now: float) -> int:
    """Forget tokens that have expired; how many."""
    return rows.touched(conn, delete(schema.revocations).where(_ROW.until <= now))
