"""Broadcasts: the times that a stream was on the air. A broadcast owns the objects below `<tenant>/<broadcast>/`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, exists, insert, select, update

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection

_ROW = schema.broadcasts.c


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One time on the air, under the lease's `epoch`; still going on while `ended_at` is None."""

    id: str
    tenant_id: str
    stream_id: str
    epoch: int
    first_msn: int
    started_at: float
    ended_at: float | None = None


def start(  # noqa: PLR0913 - one argument a column
    conn: Connection,
    *,
    id: str,  # noqa: A002 - the column's name
    tenant_id: str,
    stream_id: str,
    epoch: int,
    first_msn: int,
    now: float,
) -> Broadcast:
    """Note that a stream has gone on the air."""
    broadcast = Broadcast(id, tenant_id, stream_id, epoch, first_msn, now)
    conn.execute(insert(schema.broadcasts).values(**asdict(broadcast)))
    return broadcast


def end(conn: Connection, broadcast_id: str, now: float) -> bool:
    """Note that it is over; False if that was known, or the broadcast is not."""
    over = update(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_(None)).values(ended_at=now)
    return rows.touched(conn, over) == 1


def open_ones(conn: Connection) -> list[Broadcast]:
    """Give those not ended: on the air now, or left behind by a crash. As many as there are live streams."""
    return rows.every(conn, select(schema.broadcasts).where(_ROW.ended_at.is_(None)), Broadcast)


def ended_before(conn: Connection, moment: float, limit: int) -> list[Broadcast]:
    """Give those whose objects may be collected, the longest ended first."""
    query = select(schema.broadcasts).where(_ROW.ended_at < moment).order_by(_ROW.ended_at, _ROW.id).limit(limit)
    return rows.every(conn, query, Broadcast)


def forget(conn: Connection, broadcast_id: str) -> bool:
    """Remove a broadcast that is over, after its objects are gone."""
    gone = delete(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_not(None))
    return rows.touched(conn, gone) == 1


def advance(conn: Connection, broadcast_id: str, stream_id: str, next_msn: int, next_discontinuity: int) -> bool:
    """Reserve numbers: no later broadcast of the stream will use a segment number below `next_msn`.

    Numbers only rise. Not done, and False, if the broadcast is unknown or one of a higher epoch has started:
    its writer has lost the lease.
    """
    later = schema.broadcasts.alias()
    ours = exists().where(_ROW.id == broadcast_id, _ROW.stream_id == stream_id)
    overtaken = exists().where(later.c.stream_id == stream_id, _ROW.id == broadcast_id, later.c.epoch > _ROW.epoch)
    stream = schema.streams.c
    raised = (
        update(schema.streams)
        .where(stream.id == stream_id, ours, ~overtaken)
        .values(
            next_msn=_at_least(stream.next_msn, next_msn),
            next_discontinuity=_at_least(stream.next_discontinuity, next_discontinuity),
        )
    )
    return rows.touched(conn, raised) == 1


def _at_least(column: Column[int], value: int) -> object:
    return case((column < value, value), else_=column)
