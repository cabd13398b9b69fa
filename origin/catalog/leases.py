"""Leases with a fencing number: who may write, until when, and the how-manieth writer that is.

`epoch` is in every object name, so that a writer that has lost its lease without noticing can do no harm. It starts
at 1, stays while the lease is renewed, and rises by one each time that it is taken, also by who had it before: what an
owner wrote under its last epoch may still be under way. The row is what remembers the epoch, so it stays as long as
what it is about; a stream's, for ever.

Every function that is given `now` judges by `clock.moment` of it, so that nodes need not agree on the time.
Nodes race for the row's lock: PostgreSQL judges the row again, as the winner left it, before the loser may change it
(READ COMMITTED, section 13.2.1 of its manual), and so an epoch has one owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from origin.catalog import rows, schema
from origin.catalog.clock import moment
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROW = schema.leases.c
_BY_RESOURCE: Final = select(schema.leases).where(_ROW.resource == bindparam("wanted"))
_LOCKED: Final = _BY_RESOURCE.with_for_update()
_KEEP: Final = (
    update(schema.leases)
    .where(_ROW.resource == bindparam("wanted"), _ROW.owner == bindparam("by"), _ROW.epoch == bindparam("under"))
    .values(expires_at=bindparam("until"))
)
"""Give a lease another end, held or expired, if nobody else has taken it."""
_PROLONG: Final = _KEEP.where(_ROW.expires_at > bindparam("now"))
"""Give a lease that is still held another end."""


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
    """Take the lease under the next epoch; None while another owner holds it.

    Two processes under one owner name are one owner: names must be unique to a process, or to a node that runs one.
    """
    now = moment(conn, now)
    free = or_(_ROW.owner == owner, _ROW.expires_at <= now)
    taken = update(schema.leases).where(_ROW.resource == resource, free)
    if rows.touched(conn, taken.values(owner=owner, epoch=_ROW.epoch + 1, expires_at=now + ttl_s)):
        return get(conn, resource)
    lease = Lease(resource, owner, 1, now + ttl_s, tenant_id)
    return lease if _insert(conn, lease) else None


def renew(  # noqa: PLR0913, PLR0917 - as `acquire`
    conn: Connection, resource: str, owner: str, epoch: int, now: float, ttl_s: float
) -> bool:
    """Prolong the lease that is held under `epoch`; False once it has expired, was released, or is another's."""
    now = moment(conn, now)
    return rows.touched(conn, _PROLONG, wanted=resource, by=owner, under=epoch, now=now, until=now + ttl_s) == 1


def keep(conn: Connection, lease: Lease, now: float, ttl_s: float) -> bool:
    """As `renew`, but an expired lease is taken up again, unless another owner has had it since."""
    until = moment(conn, now) + ttl_s
    return rows.touched(conn, _KEEP, wanted=lease.resource, by=lease.owner, under=lease.epoch, until=until) == 1


def release(conn: Connection, resource: str, owner: str, epoch: int, now: float) -> bool:
    """Give the lease up at once; the next owner gets the next epoch. False if it was no longer held."""
    now = moment(conn, now)
    return rows.touched(conn, _PROLONG, wanted=resource, by=owner, under=epoch, now=now, until=now) == 1


def release_all(conn: Connection, kind: str, now: float) -> int:
    """Give up the leases of all whose names begin with `kind`, for who has the catalog alone; how many."""
    held = update(schema.leases).where(_ROW.resource.startswith(kind, autoescape=True), _ROW.expires_at > now)
    return rows.touched(conn, held.values(expires_at=now))


def forget(conn: Connection, resource: str) -> None:
    """Remove a lease, with its epoch: what it was about is gone, and its name is never used again."""
    conn.execute(delete(schema.leases).where(_ROW.resource == resource))


def lock(conn: Connection, lease: Lease) -> Lease | None:
    """Give the lease as it is now, or None if another owner has had it since. Nobody takes it in this transaction."""
    found = rows.first(conn, _LOCKED, Lease, wanted=lease.resource)
    return found if found and (found.owner, found.epoch) == (lease.owner, lease.epoch) else None


def get(conn: Connection, resource: str) -> Lease | None:
    """Look at a lease, held or expired."""
    return rows.first(conn, _BY_RESOURCE, Lease, wanted=resource)


def _insert(conn: Connection, lease: Lease) -> bool:
    """Add the row; False if it is there, which is to say: held by another."""
    try:
        with conn.begin_nested():
            rows.add(conn, schema.leases, lease)
    except IntegrityError:
        if get(conn, lease.resource) is None:
            raise
        return False
    return True
