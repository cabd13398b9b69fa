"""Leases with a fencing number: who may write, until when, and the how-manieth writer that is.

`epoch` is in every object name, so that a writer that has lost its lease without noticing can do no harm. It starts
at 1, stays while the owner does, and rises by one when another owner takes over. Nothing is ever deleted here: the row
is what remembers the epoch.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from origin.catalog import rows, schema
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_ROW = schema.leases.c


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by `owner` while now < `expires_at`."""

    resource: str
    owner: str
    epoch: int
    expires_at: float
    tenant_id: str = DEFAULT_TENANT


def acquire(  # noqa: PLR0913 - what, who, when, how long, whose
    conn: Connection, resource: str, owner: str, now: float, ttl_s: float, *, tenant_id: str = DEFAULT_TENANT
) -> Lease | None:
    """Take the lease, or prolong one's own; None while another owner holds it.

    Two processes under one owner name are one owner: names must be unique to a process, or to a node that runs one.
    """
    free = or_(_ROW.owner == owner, _ROW.expires_at <= now)
    next_epoch = case((_ROW.owner == owner, _ROW.epoch), else_=_ROW.epoch + 1)
    taken = update(schema.leases).where(_ROW.resource == resource, free)
    if rows.touched(conn, taken.values(owner=owner, epoch=next_epoch, expires_at=now + ttl_s)):
        return get(conn, resource)
    lease = Lease(resource, owner, 1, now + ttl_s, tenant_id)
    return lease if _insert(conn, lease) else None


def renew(  # noqa: PLR0913, PLR0917 - as `acquire`
    conn: Connection, resource: str, owner: str, epoch: int, now: float, ttl_s: float
) -> bool:
    """Prolong the lease that is held under `epoch`; False once it has expired, was released, or is another's."""
    mine = update(schema.leases).where(*_held(resource, owner, epoch), _ROW.expires_at > now)
    return rows.touched(conn, mine.values(expires_at=now + ttl_s)) == 1


def release(conn: Connection, resource: str, owner: str, epoch: int, now: float) -> bool:
    """Give the lease up at once; the next owner gets the next epoch. False if it was no longer held."""
    mine = update(schema.leases).where(*_held(resource, owner, epoch), _ROW.expires_at > now)
    return rows.touched(conn, mine.values(expires_at=now)) == 1


def get(conn: Connection, resource: str) -> Lease | None:
    """Look at a lease, held or expired."""
    return rows.first(conn, select(schema.leases).where(_ROW.resource == resource), Lease)


def _held(resource: str, owner: str, epoch: int) -> tuple[ColumnElement[bool], ...]:
    return _ROW.resource == resource, _ROW.owner == owner, _ROW.epoch == epoch


def _insert(conn: Connection, lease: Lease) -> bool:
    """Add the row; False if it is there, which is to say: held by another."""
    try:
        with conn.begin_nested():
            conn.execute(insert(schema.leases).values(**asdict(lease)))
    except IntegrityError:
        if get(conn, lease.resource) is None:
            raise
        return False
    return True
