"""What changes together when a stream goes on the air and off it: lease, broadcast, reserved numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.catalog import broadcasts, leases, streams

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.leases import Lease
    from origin.catalog.streams import Stream

UNSEEN_MSNS: Final = 4
"""How far a crashed writer may have been ahead of the number it last reserved: it reserves with every segment."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes a broadcast, by which right, and the numbers that a next broadcast of the stream may begin with."""

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
    return Writer(broadcast_id, lease, fresh.next_msn, fresh.next_discontinuity)


def finish(conn: Connection, writer: Writer, now: float) -> None:
    """Reserve what was used, end the broadcast, give the lease back."""
    lease = writer.lease
    broadcasts.advance(
        conn, writer.broadcast_id, _stream_of(lease.resource), writer.next_msn, writer.next_discontinuity
    )
    broadcasts.end(conn, writer.broadcast_id, now)
    leases.release(conn, lease.resource, lease.owner, lease.epoch, now)


def abandon_all(conn: Connection, now: float) -> int:
    """End the broadcasts that a crash left open, for whoever has this catalog alone. Gives back how many."""
    left = broadcasts.open_ones(conn)
    for row in left:
        lease = leases.get(conn, _lease_of(row.stream_id))
        if lease:
            leases.release(conn, lease.resource, lease.owner, lease.epoch, now)
        stream = streams.get(conn, row.tenant_id, row.stream_id)
        if stream:
            reserved = (stream.next_msn + UNSEEN_MSNS, stream.next_discontinuity + 1)
            broadcasts.advance(conn, row.id, row.stream_id, *reserved)
        broadcasts.end(conn, row.id, now)
    return len(left)


def _lease_of(stream_id: str) -> str:
    return f"stream:{stream_id}"


def _stream_of(resource: str) -> str:
    return resource.removeprefix("stream:")
