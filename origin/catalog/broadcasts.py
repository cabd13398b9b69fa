"""Broadcasts: the times that a stream was on the air. A broadcast owns the objects below `<tenant>/<broadcast>/`.

What changes one takes the writer's epoch, and does nothing when another writer has it now. For that to hold while nodes
race, the caller has the stream's lease locked (`leases.lock`, or by having just taken it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, bindparam, case, delete, exists, or_, select, update

from origin.catalog import assets, leases, recordings, rows, schema, streams
from origin.catalog.clock import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Update

_ROW = schema.broadcasts.c
_LEASES: Final = "stream:"
_KEPT: Final = exists().where(schema.assets.c.broadcast_id == _ROW.id)
"""An asset is there, and its objects are the broadcast's."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One time on the air, under the lease's `epoch`; still going on while `ended_at` is None.

    `relayed` says whether all that viewers were shown is in its journal, so that another node can go on with it.
    `bulletin` is what its present writer said last of its state, in words of that room's own; None until it has.
    `recorded` says that it becomes an asset at its end, which keeps its objects until `released_at`.
    """

    id: str
    tenant_id: str
    stream_id: str
    epoch: int
    first_msn: int
    started_at: float
    ended_at: float | None = None
    relayed: bool = True
    bulletin: str | None = None
    recorded: bool = False
    released_at: float | None = None


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What the writer of `epoch` says that a broadcast is like."""

    broadcast_id: str
    epoch: int
    text: str


def start(  # noqa: PLR0913 - one argument a column
    conn: Connection,
    *,
    id: str,  # noqa: A002 - the column's name
    tenant_id: str,
    stream_id: str,
    epoch: int,
    first_msn: int,
    now: float,
    recorded: bool = False,
) -> Broadcast:
    """Note that a stream has gone on the air."""
    broadcast = Broadcast(id, tenant_id, stream_id, epoch, first_msn, now, recorded=recorded)
    rows.add(conn, schema.broadcasts, broadcast)
    return broadcast


def end(conn: Connection, broadcast_id: str, now: float, *, epoch: int | None = None, listed: bool = False) -> bool:
    """Note that it is over; False if that was known, the broadcast is not, or its writer is not that of `epoch`.

    Without an epoch only what nobody writes can be ended: its stream's lease has run out, or was given back. A
    recording of which anything is written down, or was `listed` and will be, becomes an asset.
    """
    now = moment(conn, now)
    over = update(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_(None))
    ours = _ROW.epoch == epoch if epoch is not None else ~_written(now)
    if not rows.touched(conn, over.where(ours).values(ended_at=now)):
        return False
    _keep_recordings(conn, _ROW.id == broadcast_id, now, listed=listed)
    return True


def end_all(conn: Connection, stream_id: str, now: float) -> int:
    """End what is open of a stream, for the holder of its lease to begin another; how many. As `end` with assets."""
    now = moment(conn, now)
    left = (_ROW.stream_id == stream_id, _ROW.ended_at.is_(None))
    ids = [name for (name,) in conn.execute(select(_ROW.id).where(*left))]
    ended = rows.touched(conn, update(schema.broadcasts).where(*left).values(ended_at=now))
    _keep_recordings(conn, _ROW.id.in_(ids), now, listed=False)
    return ended


def _keep_recordings(conn: Connection, which: ColumnElement[bool], now: float, *, listed: bool) -> None:
    for broadcast in rows.every(conn, select(schema.broadcasts).where(which, _ROW.recorded), Broadcast):
        if listed or recordings.any_of(conn, broadcast.id):
            assets.make(conn, broadcast, streams.get(conn, broadcast.tenant_id, broadcast.stream_id), now)


def lease_of(stream_id: str) -> str:
    """Name the lease that a stream's writer holds."""
    return f"{_LEASES}{stream_id}"


def _written(now: float) -> ColumnElement[bool]:
    lease = schema.leases.c
    return exists().where(lease.resource == _LEASES + _ROW.stream_id, lease.expires_at > now)


def open_ones(conn: Connection) -> list[Broadcast]:
    """Give those not ended: on the air now, or left behind by a crash. As many as there are live streams."""
    return rows.every(conn, select(schema.broadcasts).where(_ROW.ended_at.is_(None)), Broadcast)


def unwritten(conn: Connection) -> set[str]:
    """Give the ids of those that are open, or whose recordings are not all written down: somebody needs their logs."""
    asset = schema.assets.c
    query = select(_ROW.id).where(_ROW.ended_at.is_(None))
    unwritten = select(asset.broadcast_id).where(asset.whole.is_(False), asset.broadcast_id.is_not(None))
    return {name for (name,) in conn.execute(query.union(unwritten))}


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


def post_bulletins(conn: Connection, bulletins: Sequence[Bulletin]) -> None:
    """Let other nodes know what broadcasts are like; nothing of those that are over, or have another writer."""
    for each in bulletins:
        ours = _ROW.id == each.broadcast_id, _ROW.epoch == each.epoch, _ROW.ended_at.is_(None)
        conn.execute(update(schema.broadcasts).where(*ours).values(bulletin=each.text))


def pass_on(conn: Connection, broadcast_id: str, epoch: int) -> bool:
    """Note that the writer of `epoch` goes on with it; False if it is over, or a later writer has it."""
    open_still = update(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_(None), _ROW.epoch <= epoch)
    return rows.touched(conn, open_still.values(epoch=epoch, bulletin=None)) == 1


def ended_before(conn: Connection, moment: float, limit: int) -> list[Broadcast]:
    """Give those whose objects may be collected, the longest ended first: no asset has them, or lately had them."""
    unlisted = or_(_ROW.released_at.is_(None), _ROW.released_at < moment)
    over = select(schema.broadcasts).where(_ROW.ended_at < moment, ~_KEPT, unlisted)
    return rows.every(conn, over.order_by(_ROW.ended_at, _ROW.id).limit(limit), Broadcast)


def is_over(conn: Connection, broadcast_id: str) -> bool:
    """Tell whether it is ended, and no asset has it: then no writer takes it up, and its objects may be deleted."""
    query = select(_ROW.id).where(_ROW.id == broadcast_id, _ROW.ended_at.is_not(None), ~_KEPT)
    return conn.execute(query).first() is not None


def forget(conn: Connection, broadcast_id: str) -> bool:
    """Remove a broadcast that is over, after its objects are gone. Anybody may: no writer takes up what has ended."""
    gone = delete(schema.broadcasts).where(_ROW.id == broadcast_id, _ROW.ended_at.is_not(None), ~_KEPT)
    if not rows.touched(conn, gone):
        return False
    leases.forget(conn, assets.lease_of(assets.id_of(broadcast_id)))
    return True


def advance(  # noqa: PLR0913 - which one, by which right, up to where
    conn: Connection, broadcast_id: str, stream_id: str, *, epoch: int, next_msn: int, next_discontinuity: int
) -> bool:
    """Reserve numbers: no later broadcast of the stream will use a segment number below `next_msn`.

    Numbers only rise. Not done, and False, if the broadcast is unknown, has another writer than that of `epoch`, or one
    of a higher epoch has started: its writer has lost the lease.
    """
    values = {"of": stream_id, "under": broadcast_id, "at": epoch, "msn": next_msn, "discontinuity": next_discontinuity}
    return rows.touched(conn, _ADVANCE, **values) == 1


def _advance() -> Update:
    stream, later = schema.streams.c, schema.broadcasts.alias()
    of: BindParameter[str] = bindparam("of")
    under: BindParameter[str] = bindparam("under")
    at = bindparam("at", type_=BigInteger)
    ours = exists().where(_ROW.id == under, _ROW.stream_id == of, _ROW.epoch == at)
    overtaken = exists().where(later.c.stream_id == of, later.c.epoch > at)
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
