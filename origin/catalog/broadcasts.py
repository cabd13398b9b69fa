"""Broadcasts: the times that a stream was on the air. A broadcast owns the objects below `<tenant>/<broadcast>/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, and_, bindparam, case, delete, exists, select, update

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Update

_ROW = schema.broadcasts.c


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One time on the air, under the lease's `epoch`; still going on while `ended_at` is None.

    `epoch` is that of its present writer, or of its last: what a writer of another epoch asks for is not done.
    `relayed` says whether the shared journal knows all that viewers were told of, so that another node can go on.
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


def end(conn: Connection, broadcast_id: str, epoch: int, now: float) -> bool:
    """Note that it is over; False if that was known, or its writer is another one."""
    over = update(schema.broadcasts).where(still_open(broadcast_id, epoch)).values(ended_at=now)
    return rows.touched(conn, over) == 1


def end_others(conn: Connection, stream_id: str, but: str, now: float) -> int:
    """Note that all of a stream's broadcasts but one are over; how many were not. Only for who holds the lease."""
    over = update(schema.broadcasts).where(_ROW.stream_id == stream_id, _ROW.ended_at.is_(None), _ROW.id != but)
    return rows.touched(conn, over.values(ended_at=now))


def still_open(broadcast_id: str, epoch: int) -> ColumnElement[bool]:
    """Give the condition that a broadcast is not over, and its writer still that of `epoch`."""
    return and_(_ROW.id == broadcast_id, _ROW.epoch == epoch, _ROW.ended_at.is_(None))


def is_open(conn: Connection, broadcast_id: str, epoch: int) -> bool:
    """Tell whether it is not over, and its writer still that of `epoch`."""
    return conn.execute(select(_ROW.id).where(still_open(broadcast_id, epoch))).first() is not None


def pass_on(conn: Connection, broadcast_id: str, epoch: int) -> bool:
    """Note that the writer of `epoch` goes on with it; False if it is over, or a later writer has it."""
    passed = update(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_(None), _ROW.epoch <= epoch)
    return rows.touched(conn, passed.values(epoch=epoch)) == 1


def note_relayed(conn: Connection, broadcast_id: str, epoch: int, *, relayed: bool) -> bool:
    """Note whether the journal knows everything; False if the broadcast is over, or its writer is another one."""
    noted = update(schema.broadcasts).where(still_open(broadcast_id, epoch)).values(relayed=relayed)
    return rows.touched(conn, noted) == 1


def open_one(conn: Connection, stream_id: str) -> Broadcast | None:
    """Give the newest of a stream's broadcasts that are not ended."""
    query = select(schema.broadcasts).where(_ROW.stream_id == stream_id, _ROW.ended_at.is_(None))
    newest = query.order_by(_ROW.epoch.desc(), _ROW.started_at.desc(), _ROW.id).limit(1)
    return rows.first(conn, newest, Broadcast)


def open_ones(conn: Connection) -> list[Broadcast]:
    """Give those not ended: on the air now, or left behind by a crash. As many as there are live streams."""
    return rows.every(conn, select(schema.broadcasts).where(_ROW.ended_at.is_(None)), Broadcast)


def ended_before(conn: Connection, moment: float, limit: int) -> list[Broadcast]:
    """Give those whose objects may be collected, the longest ended first."""
    query = select(schema.broadcasts).where(_ROW.ended_at < moment).order_by(_ROW.ended_at, _ROW.id).limit(limit)
    return rows.every(conn, query, Broadcast)


def is_over(conn: Connection, broadcast_id: str, epoch: int) -> bool:
    """Tell whether it was ended by the writer of `epoch`: nobody goes on with it, and its objects may be deleted."""
    query = select(_ROW.id).where(_ended(broadcast_id, epoch))
    return conn.execute(query).first() is not None


def forget(conn: Connection, broadcast_id: str, epoch: int) -> bool:
    """Remove a broadcast that `is_over`, after its objects are gone."""
    return rows.touched(conn, delete(schema.broadcasts).where(_ended(broadcast_id, epoch))) == 1


def _ended(broadcast_id: str, epoch: int) -> ColumnElement[bool]:
    return and_(_ROW.id == broadcast_id, _ROW.epoch == epoch, _ROW.ended_at.is_not(None))


def advance(  # noqa: PLR0913, PLR0917 - whose, by which right, how far
    conn: Connection, broadcast_id: str, stream_id: str, epoch: int, next_msn: int, next_discontinuity: int
) -> bool:
    """Reserve numbers: no later broadcast of the stream will use a segment number below `next_msn`.

    Numbers only rise. Not done, and False, if the broadcast is unknown, over, or its writer is another one.
    """
    values = {
        "of": stream_id,
        "which": broadcast_id,
        "under": epoch,
        "msn": next_msn,
        "discontinuity": next_discontinuity,
    }
    return rows.touched(conn, _ADVANCE, **values) == 1


def _advance() -> Update:
    stream = schema.streams.c
    of: BindParameter[str] = bindparam("of")
    ours = exists().where(
        _ROW.id == bindparam("which"), _ROW.stream_id == of, _ROW.epoch == bindparam("under"), _ROW.ended_at.is_(None)
    )
    raised = update(schema.streams).where(stream.id == of, ours)
    return raised.values(
        next_msn=_at_least(stream.next_msn, "msn"),
        next_discontinuity=_at_least(stream.next_discontinuity, "discontinuity"),
    )


def _at_least(column: Column[int], name: str) -> object:
    value = bindparam(name, type_=BigInteger)
    return case((column < value, value), else_=column)


_ADVANCE: Final = _advance()
"""Made once: it runs with every segment of every stream."""
