"""What changes together when a stream goes on the air and off it: lease, broadcast, reserved numbers.

Whoever writes here shows its lease. A writer whose lease another owner has taken changes nothing: the lease's row is
locked (`leases.guard`, `leases.keep`) before anything else, and stays so until the transaction is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import exists, func, select

from origin.catalog import broadcasts, leases, rows, schema, streams
from origin.catalog.engine import is_shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from origin.catalog.broadcasts import Broadcast
    from origin.catalog.leases import Lease
    from origin.catalog.streams import Stream

BLOCK: Final = 32
"""Segment numbers reserved ahead: more than a minute of them, while `hold` comes every few seconds."""
DISCONTINUITIES: Final = 8
"""Reserved beside them; they come with reconnects, a few a minute at the worst."""
NOBODY: Final = ""
"""The owner of leases that were taken only to end what their owners had left."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes a broadcast, by which right, and the lowest numbers that it has not used."""

    broadcast_id: str
    lease: Lease
    next_msn: int
    next_discontinuity: int
    relayed: bool = True
    """Whether the journal knows all that the writers before have told viewers of."""
    resumed: bool = False
    """Whether it goes on with a broadcast that another has begun."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """An open broadcast whose lease ended at `left_at`, `left_for_s` ago by the clock that judges leases.

    Any node may take it over, and end it when its publisher has not come back in `reconnect_window_s`, which is 0 for a
    stream that was deleted.
    """

    broadcast_id: str
    stream_id: str
    tenant_id: str
    left_at: float
    left_for_s: float
    reconnect_window_s: float

    @property
    def overdue(self) -> bool:
        """Has its reconnect window passed?"""
        return self.left_for_s >= self.reconnect_window_s


def begin(  # noqa: PLR0913 - what, who, when, how long
    conn: Connection, stream: Stream, broadcast_id: str, owner: str, *, now: float, ttl_s: float
) -> Writer | None:
    """Take the stream's lease and start a broadcast under it; None while another owner holds the lease.

    Whatever broadcast of the stream is still open has no writer then, and is ended.
    """
    lease = leases.acquire(conn, _lease_of(stream.id), owner, now, ttl_s, tenant_id=stream.tenant_id)
    if lease is None:
        return None
    broadcasts.end_others(conn, stream.id, broadcast_id, now)
    fresh = streams.get(conn, stream.tenant_id, stream.id) or stream
    broadcasts.start(
        conn,
        id=broadcast_id,
        tenant_id=stream.tenant_id,
        stream_id=stream.id,
        epoch=lease.epoch,
        first_msn=fresh.next_msn,
        now=now,
    )
    writer = Writer(broadcast_id, lease, fresh.next_msn, fresh.next_discontinuity)
    _reserve(conn, writer)
    return writer


def resume(conn: Connection, stream: Stream, owner: str, *, now: float, ttl_s: float) -> Writer | None:
    """Take the stream's lease and go on with its open broadcast; None if there is none, or another owner has the lease.

    The numbers are those above all that the writers before may have used.
    """
    if broadcasts.open_one(conn, stream.id) is None:
        return None
    lease = leases.acquire(conn, _lease_of(stream.id), owner, now, ttl_s, tenant_id=stream.tenant_id)
    if lease is None:
        return None
    left = broadcasts.open_one(conn, stream.id)  # again: its writer may have ended it while the lease was waited for
    if left is None or not broadcasts.pass_on(conn, left.id, lease.epoch):
        leases.release(conn, lease.resource, owner, lease.epoch, now)
        return None
    broadcasts.end_others(conn, stream.id, left.id, now)
    fresh = streams.get(conn, stream.tenant_id, stream.id) or stream
    writer = Writer(left.id, lease, fresh.next_msn, fresh.next_discontinuity, left.relayed, resumed=True)
    _reserve(conn, writer)
    return writer


def hold(conn: Connection, writers: Sequence[Writer], now: float, ttl_s: float) -> set[str]:
    """Renew leases and reserve numbers ahead of those now in use; answers with the broadcasts whose lease is lost.

    A lease that ran out while the catalog could not be written is taken up again unless somebody else has had it: until
    then nobody can have written under a higher epoch.
    """
    lost = set()
    for writer in writers:
        going_on = exists().where(broadcasts.still_open(writer.broadcast_id, writer.lease.epoch))
        if leases.keep(conn, writer.lease, now, ttl_s, only_if=going_on):
            _reserve(conn, writer)
        else:
            lost.add(writer.broadcast_id)
    return lost


def finish(conn: Connection, writer: Writer, now: float) -> bool:
    """End the broadcast, give the lease back; False, and nothing is done, if it is over or another owner's."""
    if not leases.guard(conn, writer.lease):
        return False
    _reserve(conn, writer)
    if not broadcasts.end(conn, writer.broadcast_id, writer.lease.epoch, now):
        return False  # and the lease may be that of the owner's next broadcast
    leases.release(conn, writer.lease.resource, writer.lease.owner, writer.lease.epoch, now)
    return True


def lay_down(conn: Connection, writer: Writer, now: float) -> bool:
    """Give the lease back, leave the broadcast open for whoever goes on with it; False if it was lost, or is over."""
    epoch = writer.lease.epoch
    if not leases.guard(conn, writer.lease) or not broadcasts.is_open(conn, writer.broadcast_id, epoch):
        return False
    _reserve(conn, writer)
    leases.release(conn, writer.lease.resource, writer.lease.owner, epoch, now)  # or it has run out by itself
    return True


def mark_unrelayed(conn: Connection, writer: Writer) -> bool:
    """Note that viewers are told of what the journal does not know; False, and not noted, if the lease was lost."""
    return _note_relayed(conn, writer, relayed=False)


def mark_relayed(conn: Connection, writer: Writer) -> bool:
    """Note that the journal knows everything again; False, and not noted, if the lease was lost."""
    return _note_relayed(conn, writer, relayed=True)


def held(conn: Connection, stream_id: str, now: float) -> bool:
    """Tell whether somebody has the stream's lease now."""
    lease = schema.leases.c
    query = select(lease.epoch).where(
        lease.resource == _lease_of(stream_id), lease.expires_at > leases.moment(conn, now)
    )
    return conn.execute(query).first() is not None


def orphans(conn: Connection, now: float, limit: int) -> list[Orphan]:
    """Give open broadcasts that nobody has the lease of, first those whose reconnect window ended first."""
    broadcast, lease, stream = schema.broadcasts.c, schema.leases.c, schema.streams.c
    clock = leases.moment(conn, now)
    left_at = func.coalesce(lease.expires_at, broadcast.started_at)
    window_s = func.coalesce(stream.reconnect_window_s, 0.0)
    query = (
        select(
            broadcast.id.label("broadcast_id"),
            broadcast.stream_id,
            broadcast.tenant_id,
            left_at.label("left_at"),
            (clock - left_at).label("left_for_s"),
            window_s.label("reconnect_window_s"),
        )
        .outerjoin(schema.leases, lease.resource == _lease_of("") + broadcast.stream_id)
        .outerjoin(schema.streams, stream.id == broadcast.stream_id)
        .where(broadcast.ended_at.is_(None), left_at <= clock)
        .order_by(left_at + window_s, broadcast.id)
        .limit(limit)
    )
    return rows.every(conn, query, Orphan)


def abandon_all(conn: Connection, now: float) -> int:
    """End the broadcasts that a crash left open. Gives back how many.

    Where the catalog is a file, no other server can have it, and all are; where nodes share it, those that nobody has.
    """
    return sum(_abandon(conn, row, now) for row in broadcasts.open_ones(conn))


def _abandon(conn: Connection, row: Broadcast, now: float) -> bool:
    lease = leases.get(conn, _lease_of(row.stream_id))
    if lease and not is_shared(conn):
        leases.release(conn, lease.resource, lease.owner, lease.epoch, now)
    taken = leases.acquire(conn, _lease_of(row.stream_id), NOBODY, now, 0.0, tenant_id=row.tenant_id)
    return taken is not None and broadcasts.end(conn, row.id, row.epoch, now)


def _lease_of(stream_id: str) -> str:
    return f"stream:{stream_id}"


def _note_relayed(conn: Connection, writer: Writer, *, relayed: bool) -> bool:
    if not leases.guard(conn, writer.lease):
        return False
    return broadcasts.note_relayed(conn, writer.broadcast_id, writer.lease.epoch, relayed=relayed)


def _reserve(conn: Connection, writer: Writer) -> bool:
    """See that no later broadcast of the stream, even after a crash, uses numbers that this one may come to.

    False if the stream is gone, or the broadcast is not this writer's any more.
    """
    return broadcasts.advance(
        conn,
        writer.broadcast_id,
        writer.lease.resource.removeprefix("stream:"),
        writer.lease.epoch,
        writer.next_msn + BLOCK,
        writer.next_discontinuity + DISCONTINUITIES,
    )
