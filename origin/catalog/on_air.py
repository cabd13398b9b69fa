"""What changes together when a stream goes on the air and off it: lease, broadcast, reserved numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.catalog import broadcasts, leases, streams

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


def begin(  # noqa: PLR0913 - what, who, when, how long
    conn: Connection, stream: Stream, broadcast_id: str, owner: str, *, now: float, ttl_s: float
) -> Writer | None:
    """Take the stream's lease and start a broadcast under it; None while another owner holds the lease."""
    lease = leases.acquire(conn, _lease_of(stream.id), owner, now, ttl_s, tenant_id=stream.tenant_id)
    if lease is None:
        return None
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
    """Take the lease of a stream and go on with its open broadcast; None if there is none, or another owner has it."""
    left = broadcasts.open_one(conn, stream.id)
    lease = leases.acquire(conn, _lease_of(stream.id), owner, now, ttl_s, tenant_id=stream.tenant_id) if left else None
    if left is None or lease is None or not broadcasts.pass_on(conn, left.id, lease.epoch):
        return None
    fresh = streams.get(conn, stream.tenant_id, stream.id) or stream
    writer = Writer(left.id, lease, fresh.next_msn, fresh.next_discontinuity)
    _reserve(conn, writer)
    return writer


def hold(conn: Connection, writers: Sequence[Writer], now: float, ttl_s: float) -> set[str]:
    """Renew leases and reserve numbers ahead of those now in use; answers with the broadcasts whose lease is lost.

    A lease that ran out while the catalog could not be written is taken up again unless somebody else has it: until
    then nobody can have written under a higher epoch.
    """
    lost = set()
    for writer in writers:
        held = leases.acquire(conn, writer.lease.resource, writer.lease.owner, now, ttl_s)
        if held and held.epoch == writer.lease.epoch:
            _reserve(conn, writer)
        else:
            lost.add(writer.broadcast_id)
    return lost


def finish(conn: Connection, writer: Writer, now: float) -> None:
    """End the broadcast, give the lease back."""
    _reserve(conn, writer)
    broadcasts.end(conn, writer.broadcast_id, now)
    leases.release(conn, writer.lease.resource, writer.lease.owner, writer.lease.epoch, now)


def lay_down(conn: Connection, writer: Writer, now: float) -> None:
    """Give the lease back and leave the broadcast open, for whoever goes on with it."""
    _reserve(conn, writer)
    leases.release(conn, writer.lease.resource, writer.lease.owner, writer.lease.epoch, now)


def release_all(conn: Connection, now: float) -> list[Broadcast]:
    """Give back the leases of a process that is gone, for whoever has this catalog alone; the broadcasts left open."""
    left = broadcasts.open_ones(conn)
    for row in left:
        lease = leases.get(conn, _lease_of(row.stream_id))
        if lease:
            leases.release(conn, lease.resource, lease.owner, lease.epoch, now)
    return left


def _lease_of(stream_id: str) -> str:
    return f"stream:{stream_id}"


def _reserve(conn: Connection, writer: Writer) -> None:
    """See that no later broadcast of the stream, even after a crash, uses numbers that this one may come to."""
    broadcasts.advance(
        conn,
        writer.broadcast_id,
        writer.lease.resource.removeprefix("stream:"),
        writer.next_msn + BLOCK,
        writer.next_discontinuity + DISCONTINUITIES,
    )
