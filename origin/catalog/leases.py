"""Leases with a fencing number: who may write, until when, and the how-manieth writer that is.

`epoch` is in every object name, so that a writer that has lost its lease without noticing can do no harm. It starts
at 1, stays while the owner does, and rises by one when another owner takes over. Nothing is ever deleted here: the row
is what remembers the epoch.

Nodes' clocks differ, so where they share a database its clock judges (`moment`), and the `now` of callers is not looked
at. Each change is one statement that checks and acts under the row's lock: of two nodes that race, one wins, and the
other's condition is looked at again (PostgreSQL's manual, 13.2.1 "Read Committed Isolation Level").
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Double, bindparam, case, cast, extract, func, literal, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from origin.catalog import rows, schema
from origin.catalog.engine import is_shared
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_ROW = schema.leases.c
_BY_RESOURCE: Final = select(schema.leases).where(_ROW.resource == bindparam("wanted"))
_DATABASE_CLOCK: Final = cast(extract("epoch", func.clock_timestamp()), Double)
"""The time of the statement, not that of its transaction's begin, which `now()` is in PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by `owner` while now < `expires_at`."""

    resource: str
    owner: str
    epoch: int
    expires_at: float
    tenant_id: str = DEFAULT_TENANT


def moment(conn: Connection, now: float) -> ColumnElement[float]:
    """Give the time by which leases are judged, to be put into a statement: the database's where nodes share it."""
    return _DATABASE_CLOCK if is_shared(conn) else literal(now, Double)


def acquire(  # noqa: PLR0913 - what, who, when, how long, whose
    conn: Connection, resource: str, owner: str, now: float, ttl_s: float, *, tenant_id: str = DEFAULT_TENANT
) -> Lease | None:
    """Take the lease, or prolong one's own; None while another owner holds it.

    Two processes under one owner name are one owner: names must be unique to a process, or to a node that runs one.
    """
    clock = moment(conn, now)
    insert = postgresql.insert if is_shared(conn) else sqlite.insert
    first = insert(schema.leases).values(
        asdict(Lease(resource, owner, 1, 0.0, tenant_id)) | {"expires_at": clock + ttl_s}
    )
    taken = first.on_conflict_do_update(
        index_elements=[_ROW.resource],
        set_={
            "owner": owner,
            "epoch": case((_ROW.owner == owner, _ROW.epoch), else_=_ROW.epoch + 1),
            "expires_at": clock + ttl_s,
        },
        where=or_(_ROW.owner == owner, _ROW.expires_at <= clock),
    )
    return get(conn, resource) if rows.touched(conn, taken) else None


def renew(  # noqa: PLR0913, PLR0917 - as `acquire`
    conn: Connection, resource: str, owner: str, epoch: int, now: float, ttl_s: float
) -> bool:
    """Prolong the lease that is held under `epoch`; False once it has expired, was released, or is another's."""
    return _prolong(conn, Lease(resource, owner, epoch, 0.0), now, ttl_s, _ROW.expires_at > moment(conn, now))


def keep(conn: Connection, lease: Lease, now: float, ttl_s: float, *, only_if: ColumnElement[bool]) -> bool:
    """Prolong a lease, also one that has run out: nobody can have written under a higher epoch before it is taken."""
    return _prolong(conn, lease, now, ttl_s, only_if)


def release(conn: Connection, resource: str, owner: str, epoch: int, now: float) -> bool:
    """Give the lease up at once; the next owner gets the next epoch. False if it was no longer held."""
    return renew(conn, resource, owner, epoch, now, 0.0)


def guard(conn: Connection, lease: Lease) -> bool:
    """Tell whether nobody has taken the lease since, and see that nobody does before the transaction is over."""
    return conn.execute(select(true()).where(*_which(lease)).with_for_update()).first() is not None


def get(conn: Connection, resource: str) -> Lease | None:
    """Look at a lease, held or expired."""
    return rows.first(conn, _BY_RESOURCE, Lease, wanted=resource)


def _prolong(conn: Connection, lease: Lease, now: float, ttl_s: float, only_if: ColumnElement[bool]) -> bool:
    prolonged = update(schema.leases).where(*_which(lease), only_if).values(expires_at=moment(conn, now) + ttl_s)
    return rows.touched(conn, prolonged) == 1


def _which(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return _ROW.resource == lease.resource, _ROW.owner == lease.owner, _ROW.epoch == lease.epoch
