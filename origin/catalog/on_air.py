"""What changes together when a stream goes on the air and off it: lease, broadcast, reserved numbers.

Each function locks the stream's lease first, so that nobody takes it meanwhile, and a writer that has lost it changes
nothing. `now` is the caller's clock; what is judged and noted by is the database's (`clock`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select

from origin.catalog import assets, broadcasts, leases, making, rows, schema, streams
from origin.catalog.broadcasts import lease_of
from origin.catalog.clock import moment
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


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes a broadcast, by which right, and the lowest numbers that it has not used."""

    broadcast_id: str
    lease: Lease
    next_msn: int
    next_discontinuity: int
    relayed: bool = True
    """Whether the journal knows all that the writer before had shown."""
    recorded: bool = False
    """Whether it becomes an asset at its end."""


def begin(  # noqa: PLR0913 - what, who, when, how long
    conn: Connection, stream: Stream, broadcast_id: str, owner: str, *, now: float, ttl_s: float
) -> Writer | None:
    """Take the stream's lease and start a broadcast under it; None while another owner holds the lease.

    What an earlier writer left open is ended: nobody may go on with it now.
    """
    now = moment(conn, now)
    lease = leases.acquire(conn, lease_of(stream.id), owner, now, ttl_s, tenant_id=stream.tenant_id)
    if lease is None:
        return None
    broadcasts.end_all(conn, stream.id, now)
    fresh = streams.get(conn, stream.tenant_id, stream.id) or stream
    broadcasts.start(
        conn,
        id=broadcast_id,
        tenant_id=stream.tenant_id,
        stream_id=stream.id,
        epoch=lease.epoch,
        first_msn=fresh.next_msn,
        now=now,
        recorded=fresh.record,
    )
    writer = Writer(broadcast_id, lease, fresh.next_msn, fresh.next_discontinuity, recorded=fresh.record)
    _reserve(conn, writer)
    return writer


def resume(conn: Connection, stream: Stream, owner: str, *, now: float, ttl_s: float) -> Writer | None:
    """Take the lease of a stream and go on with its open broadcast; None if there is none, or another owner has it."""
    if broadcasts.open_one(conn, stream.id) is None:
        return None
    now = moment(conn, now)
    lease = leases.acquire(conn, lease_of(stream.id), owner, now, ttl_s, tenant_id=stream.tenant_id)
    if lease is None:
        return None
    left = broadcasts.open_one(conn, stream.id)  # once more: until now it was for others to end it
    if left is None or not broadcasts.pass_on(conn, left.id, lease.epoch):
        leases.release(conn, lease.resource, owner, lease.epoch, now)
        return None
    fresh = streams.get(conn, stream.tenant_id, stream.id) or stream
    writer = Writer(left.id, lease, fresh.next_msn, fresh.next_discontinuity, left.relayed, left.recorded)
    _reserve(conn, writer)
    return writer


def hold(conn: Connection, writers: Sequence[Writer], now: float, ttl_s: float) -> set[str]:
    """Renew leases and reserve numbers ahead of those now in use; answers with the broadcasts whose lease is lost.

    A lease that ran out while the catalog could not be written is taken up again unless somebody else has it: until
    then nobody can have written under a higher epoch.
    """
    lost = set()
    now = moment(conn, now)
    for writer in sorted(
        writers, key=lambda each: each.lease.resource
    ):  # in one order, or two nodes may wait in a ring
        if leases.keep(conn, writer.lease, now, ttl_s):
            _reserve(conn, writer)
        else:
            lost.add(writer.broadcast_id)
    return lost


def finish(conn: Connection, writer: Writer, now: float, *, listed: bool = False) -> bool:
    """End the broadcast, give the lease back; nothing, and False, if it is over or another writer's.

    `listed` says that there are segments, even if none is written down. A recording's asset is the writer's to finish.
    """
    now = moment(conn, now)
    lease = leases.lock(conn, writer.lease)
    if lease is None or not _writes(conn, writer):
        return False
    _reserve(conn, writer)
    broadcasts.end(conn, writer.broadcast_id, now, epoch=writer.lease.epoch, listed=listed)
    if writer.recorded:
        making.hold(conn, assets.id_of(writer.broadcast_id), lease.owner, now, lease.tenant_id)
    _release(conn, writer, now)
    return True


@dataclass(frozen=True, slots=True)
class Orphan:
    """An open broadcast that nobody writes, since `left_at`; its stream's publisher had `reconnect_window_s`."""

    broadcast_id: str
    stream_id: str
    tenant_id: str
    left_at: float
    reconnect_window_s: float


def orphans(conn: Connection, now: float, limit: int) -> list[Orphan]:
    """Give those whose publisher has not come back within the reconnect window, nor any other writer."""
    now = moment(conn, now)
    broadcast, lease, stream = schema.broadcasts.c, schema.leases.c, schema.streams.c
    window = func.coalesce(stream.reconnect_window_s, 0.0)
    query = (
        select(
            broadcast.id.label("broadcast_id"),
            broadcast.stream_id,
            broadcast.tenant_id,
            lease.expires_at.label("left_at"),
            window.label("reconnect_window_s"),
        )
        .join(schema.leases, lease.resource == lease_of("") + broadcast.stream_id)
        .outerjoin(schema.streams, stream.id == broadcast.stream_id)
        .where(broadcast.ended_at.is_(None), lease.expires_at + window <= now)
        .order_by(lease.expires_at)
        .limit(limit)
    )
    return rows.every(conn, query, Orphan)


def note_relayed(conn: Connection, writer: Writer, now: float, *, relayed: bool) -> bool:
    """Note whether the journal knows all that was shown; False once the writer has lost its lease."""
    now = moment(conn, now)
    lease = leases.lock(conn, writer.lease)
    if lease is None or lease.expires_at <= now:
        return False
    return broadcasts.note_relayed(conn, writer.broadcast_id, writer.lease.epoch, relayed=relayed)


def held(conn: Connection, stream_id: str, now: float) -> bool:
    """Whether some node writes the stream now."""
    lease = leases.get(conn, lease_of(stream_id))
    return lease is not None and lease.expires_at > moment(conn, now)


def watched(conn: Connection, playback_id: str, now: float, linger_s: float) -> Broadcast | None:
    """What viewers of a playback id get: its stream's open broadcast, or one that ended less than `linger_s` ago."""
    stream = streams.by_playback_id(conn, playback_id)
    return broadcasts.newest(conn, stream.id, moment(conn, now) - linger_s) if stream else None


@dataclass(frozen=True, slots=True)
class Sight:
    """A stream's newest broadcast, as any node can see it. `held` says that some node writes it now."""

    stream_id: str
    broadcast_id: str
    started_at: float
    ended_at: float | None
    bulletin: str | None
    held: bool | None


def sights(conn: Connection, stream_ids: Sequence[str], now: float, linger_s: float) -> dict[str, Sight]:
    """Give, by stream, what is on the air or was less than `linger_s` ago; a page of streams is asked for."""
    now = moment(conn, now)
    broadcast, lease = schema.broadcasts.c, schema.leases.c
    query = (
        select(
            broadcast.stream_id,
            broadcast.id.label("broadcast_id"),
            broadcast.started_at,
            broadcast.ended_at,
            broadcast.bulletin,
            (lease.expires_at > now).label("held"),
        )
        .outerjoin(schema.leases, lease.resource == lease_of("") + broadcast.stream_id)
        .where(broadcast.stream_id.in_(stream_ids))
        .where(or_(broadcast.ended_at.is_(None), broadcast.ended_at > now - linger_s))
        .order_by(broadcast.epoch)
    )
    return {sight.stream_id: sight for sight in rows.every(conn, query, Sight)}


def lay_down(conn: Connection, writer: Writer, now: float) -> bool:
    """Give the lease back and leave the broadcast open, for whoever goes on with it. Otherwise as `finish`."""
    now = moment(conn, now)
    if leases.lock(conn, writer.lease) is None or not _writes(conn, writer):
        return False
    _reserve(conn, writer)
    _release(conn, writer, now)
    return True


def release_all(conn: Connection, now: float) -> list[Broadcast]:
    """Give back the leases of a process that is gone, for whoever has this catalog alone; the broadcasts left open.

    None of a database that nodes share: whose process is gone is told by its leases, which run out.
    """
    if is_shared(conn):
        return []
    leases.release_all(conn, assets.lease_of(""), now)
    left = broadcasts.open_ones(conn)
    for row in left:
        lease = leases.get(conn, lease_of(row.stream_id))
        if lease:
            leases.release(conn, lease.resource, lease.owner, lease.epoch, now)
    return left


def _writes(conn: Connection, writer: Writer) -> bool:
    """Tell whether it is still this broadcast that the lease is for: its owner may have begun another under it."""
    left = broadcasts.open_one(conn, writer.lease.resource.removeprefix(lease_of("")))
    return left is not None and (left.id, left.epoch) == (writer.broadcast_id, writer.lease.epoch)


def _release(conn: Connection, writer: Writer, now: float) -> None:
    leases.release(conn, writer.lease.resource, writer.lease.owner, writer.lease.epoch, now)


def _reserve(conn: Connection, writer: Writer) -> None:
    """See that no later broadcast of the stream, even after a crash, uses numbers that this one may come to."""
    broadcasts.advance(
        conn,
        writer.broadcast_id,
        writer.lease.resource.removeprefix(lease_of("")),
        epoch=writer.lease.epoch,
        next_msn=writer.next_msn + BLOCK,
        next_discontinuity=writer.next_discontinuity + DISCONTINUITIES,
    )
