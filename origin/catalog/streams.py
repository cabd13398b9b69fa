"""Streams: what can go on the air, who may publish it (by hash of the stream key) and how it is played."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, exists, select, tuple_
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update

from origin.catalog import rows, schema
from origin.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


class Keep(Enum):
    """Stands for "as it is" where None is a value of its own."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP

_ROW = schema.streams.c
_BY_ID: Final = select(schema.streams).where(_ROW.id == bindparam("wanted"), _ROW.tenant_id == bindparam("of"))
_BY_PLAYBACK_ID: Final = select(schema.streams).where(_ROW.playback_id == bindparam("wanted"))
_BY_KEY_HASH: Final = select(schema.streams).where(_ROW.key_hash == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class NewStream:
    """What the maker of a stream decides. `latency` is low or standard, `playback` signed or public.

    `record` says whether its broadcasts become assets, `keep_s` for how many seconds these are kept; None: for ever.
    """

    id: str
    tenant_id: str
    name: str
    key_hash: str
    playback_id: str
    latency: str = "low"
    playback: str = "signed"
    dvr_window_s: float = 60.0
    reconnect_window_s: float = 60.0
    public_jti: str | None = None
    record: bool = False
    keep_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(NewStream):
    """One stream. `revision` rises when its settings change; `slate` is None, card or picture (see `slates`).

    `next_msn` and `next_discontinuity` are the numbers that its next segment and discontinuity must have at least.
    """

    revision: int
    created_at: float
    updated_at: float
    next_msn: int
    next_discontinuity: int
    slate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to change; whatever is `KEEP` stays."""

    name: str | Keep = KEEP
    latency: str | Keep = KEEP
    playback: str | Keep = KEEP
    dvr_window_s: float | Keep = KEEP
    reconnect_window_s: float | Keep = KEEP
    public_jti: str | Keep | None = KEEP
    slate: str | Keep | None = KEEP
    record: bool | Keep = KEEP
    keep_s: float | Keep | None = KEEP


def create(conn: Connection, new: NewStream, now: float) -> Stream:
    """Add a stream at revision 1. Raises `conflict` if an id or the key is taken."""
    stream = Stream(**asdict(new), revision=1, created_at=now, updated_at=now, next_msn=0, next_discontinuity=0)
    rows.add(conn, schema.streams, stream)
    return stream


def get(conn: Connection, tenant_id: str, stream_id: str) -> Stream | None:
    """Look up a tenant's stream."""
    return rows.first(conn, _BY_ID, Stream, wanted=stream_id, of=tenant_id)


def by_id(conn: Connection, stream_id: str) -> Stream | None:
    """Look up a stream of whichever tenant, for the server's own work."""
    return rows.first(conn, select(schema.streams).where(_ROW.id == stream_id), Stream)


def by_playback_id(conn: Connection, playback_id: str) -> Stream | None:
    """Look up whichever tenant's stream is played under this id."""
    return rows.first(conn, _BY_PLAYBACK_ID, Stream, wanted=playback_id)


def by_key_hash(conn: Connection, key_hash: str) -> Stream | None:
    """Look up whichever tenant's stream is published with the key of this hash."""
    return rows.first(conn, _BY_KEY_HASH, Stream, wanted=key_hash)


def page(
    conn: Connection, tenant_id: str, after: tuple[float, str] | None, limit: int, *, on_air: bool = False
) -> list[Stream]:
    """Give at most `limit` streams of a tenant, newest first, behind the one with `(created_at, id)` of `after`.

    With `on_air`, those alone that have a broadcast which has not ended.
    """
    query = select(schema.streams).where(_ROW.tenant_id == tenant_id)
    if on_air:
        broadcast = schema.broadcasts.c
        query = query.where(exists().where(broadcast.stream_id == _ROW.id, broadcast.ended_at.is_(None)))
    if after is not None:
        query = query.where(tuple_(_ROW.created_at, _ROW.id) < tuple_(*after))
    return rows.every(conn, query.order_by(_ROW.created_at.desc(), _ROW.id.desc()).limit(limit), Stream)


def update(  # noqa: PLR0913, PLR0917 - which one, what, on which condition, when
    conn: Connection, tenant_id: str, stream_id: str, changes: Changes, expected_revision: int | None, now: float
) -> Stream:
    """Change a stream. Raises `not_found`, or `revision_mismatch` if it is not at the expected revision."""
    values = {name: value for name, value in asdict(changes).items() if value is not KEEP}
    return _change(conn, tenant_id, stream_id, values, expected_revision, now)


def rotate_key(conn: Connection, tenant_id: str, stream_id: str, key_hash: str, now: float) -> Stream:
    """Put another stream key in the place of the present one. Raises `not_found`."""
    return _change(conn, tenant_id, stream_id, {"key_hash": key_hash}, None, now)


def delete(conn: Connection, tenant_id: str, stream_id: str, expected_revision: int | None) -> Stream:
    """Remove a stream with its slate, and give back what it was; its broadcasts stay. Raises as `update`."""
    stream = _expect(conn, tenant_id, stream_id, expected_revision)
    conn.execute(sql_delete(schema.slates).where(schema.slates.c.stream_id == stream_id))
    conn.execute(sql_delete(schema.streams).where(*_which(tenant_id, stream_id)))
    return stream


def _change(  # noqa: PLR0913, PLR0917 - as `update`
    conn: Connection,
    tenant_id: str,
    stream_id: str,
    values: dict[str, object],
    expected_revision: int | None,
    now: float,
) -> Stream:
    _expect(conn, tenant_id, stream_id, expected_revision)
    values |= {"revision": _ROW.revision + 1, "updated_at": now}
    conn.execute(sql_update(schema.streams).where(*_which(tenant_id, stream_id)).values(**values))
    return _expect(conn, tenant_id, stream_id, None)


def _expect(conn: Connection, tenant_id: str, stream_id: str, revision: int | None) -> Stream:
    """Read with a lock on the row (where there are such: SQLite has one writer) and check the revision."""
    query = select(schema.streams).where(*_which(tenant_id, stream_id)).with_for_update()
    stream = rows.first(conn, query, Stream)
    if stream is None:
        raise Problem("not_found", f"There is no stream {stream_id}.")
    if revision not in (None, stream.revision):
        raise Problem("revision_mismatch", f"The stream is at revision {stream.revision}; read it again.")
    return stream


def _which(tenant_id: str, stream_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _ROW.id == stream_id, _ROW.tenant_id == tenant_id
