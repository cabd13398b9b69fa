"""Broadcasts: the times that a stream was on the air. A broadcast owns the objects below `<tenant>/<broadcast>/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, bindparam, case, delete, exists, or_, select, update

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, Column, Connection, Update

_ROW = schema.broadcasts.c


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One time on the air, under the lease's `epoch`; still going on while `ended_at` is None.

    `relayed` says whether all that viewers were shown is in its journal, so that another node can go on with it.
    """

    id: str
    tenant_id: str
    stream_id: str
    epoch: int
    first_msn: int
    started_at: float
    ended_at: float | None = None
    relayed: bool = True


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
    rows.add(conn, schema.broadcasts, broadcast)
    return broadcast


def end(conn: Connection, broadcast_id: str, now: float) -> bool:
    """Note that it is over; False if that was known, or the broadcast is not."""
    over = update(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_(None)).values(ended_at=now)
    return rows.touched(conn, over) == 1


def open_ones(conn: Connection) -> list[Broadcast]:
    """Give those not ended: on the air now, or left behind by a crash. As many as there are live streams."""
    return rows.every(conn, select(schema.broadcasts).where(_ROW.ended_at.is_(None)), Broadcast)


def open_one(conn: Connection, stream_id: str) -> Broadcast | None:
    """Give the newest of a stream's broadcasts that is not ended."""
    query = select(schema.broadcasts).where(_ROW.stream_id == stream_id, _ROW.ended_at.is_(None))
    return rows.first(conn, query.order_by(_ROW.epoch.desc()).limit(1), Broadcast)


def newest(conn: Connection, stream_id: str, since: float) -> Broadcast | None:
    """Give the stream's newest broadcast if it is open, or ended after `since`."""
    recent = or_(_ROW.ended_at.is_(None), _ROW.ended_at > since)
    query = select(schema.broadcasts).where(_ROW.stream_id == stream_id, recent)
    return rows.first(conn, query.order_by(_ROW.epoch.desc()).limit(1), Broadcast)


def note_relayed(conn: Connection, broadcast_id: str, epoch: int, *, relayed: bool) -> bool:
    """Note whether the journal knows everything; False if the broadcast is over, or the writer is another one."""
    ours = update(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_(None), _ROW.epoch == epoch)
    return rows.touched(conn, ours.values(relayed=relayed)) == 1


def pass_on(conn: Connection, broadcast_id: str, epoch: int) -> bool:
    """Note that the writer of `epoch` goes on with it; False if it is over, or a later writer has it."""
    open_still = update(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_(None), _ROW.epoch <= epoch)
    return rows.touched(conn, open_still.values(epoch=epoch)) == 1


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
    values = {"of": stream_id, "under": broadcast_id, "msn": next_msn, "discontinuity": next_discontinuity}
    return rows.touched(conn, _ADVANCE, **values) == 1


def _advance() -> Update:
    stream, later = schema.streams.c, schema.broadcasts.alias()
    of: BindParameter[str] = bindparam("of")
    under: BindParameter[str] = bindparam("under")
    ours = exists().where(_ROW.id == under, _ROW.stream_id == of)
    overtaken = exists().where(later.c.stream_id == of, _ROW.id == under, later.c.epoch > _ROW.epoch)
    raised = update(schema.streams).where(stream.id == of, ours, ~overtaken)
    return raised.values(
        next_msn=_at_least(stream.next_msn, "msn"),
        next_discontinuity=_at_least(stream.next_discontinuity, "discontinuity"),
    )


def _at_least(column: Column[int], name: str) -> object:
    value = bindparam(name, type_=BigInteger)
    return case((column < value, value), else_=column)


_ADVANCE: Final = _advance()
"""Made once: it runs with every segment of every stream."""
