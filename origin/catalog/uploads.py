"""Uploads: what is known of each, above all how many of its bytes are surely on the disk (`durable_offset`).

Each step is one statement that names the states from which it may be taken, and whoever writes bytes names its fence: a
step that does not fit any more changes nothing and says so. Which steps there are is `origin.files.machine`'s matter.
The bytes lie in the data directory whose id is `place`, until they are an object's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, select, update

from origin.catalog import objects, rows, schema
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from origin.catalog.objects import OnCommitted, Version


class State(StrEnum):
    """Where an upload is; `origin.files.machine` draws the arrows."""

    CREATED = "created"
    RECEIVING = "receiving"
    PAUSED = "paused"
    SEALING = "sealing"
    COMMITTED = "committed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN: Final = (State.CREATED, State.RECEIVING, State.PAUSED)
"""Bytes may still come."""
UNFINISHED: Final = (*OPEN, State.SEALING)

_ROW = schema.uploads.c
_BY_ID: Final = select(schema.uploads).where(_ROW.id == bindparam("wanted"), _ROW.tenant_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload. `metadata` is the Upload-Metadata header as it came. `fence` numbers its writers.

    `object_id`, `version_id` and `sha256` are there once it is committed, `error` once it failed, `finished_at` (unix
    seconds) at the end of any kind.
    """

    id: str
    tenant_id: str
    name: str
    content_type: str
    metadata: str
    state: str
    length: int
    durable_offset: int
    fence: int
    place: str
    expires_at: float
    created_at: float
    object_id: str | None = None
    version_id: str | None = None
    sha256: str | None = None
    error: str | None = None
    finished_at: float | None = None


def create(conn: Connection, upload: Upload, most: int) -> None:
    """Add an upload. Raises `conflict` if the id is taken, `rate_limited` if the tenant has `most` unfinished ones."""
    if unfinished(conn, upload.tenant_id) >= most:
        sentence = f"There are {most} unfinished uploads; finish some, or take them back with DELETE."
        raise Problem("rate_limited", sentence, (("Retry-After", "60"),))
    rows.add(conn, schema.uploads, upload)


def get(conn: Connection, tenant_id: str, upload_id: str) -> Upload | None:
    """Look up a tenant's upload."""
    return rows.first(conn, _BY_ID, Upload, wanted=upload_id, of=tenant_id)


def unfinished(conn: Connection, tenant_id: str) -> int:
    """Count a tenant's uploads that are not at their end."""
    query = select(func.count()).where(_ROW.tenant_id == tenant_id, _ROW.state.in_(UNFINISHED))
    return int(conn.execute(query).scalar_one())


def kept(conn: Connection, place: str, upload_ids: Iterable[str]) -> set[str]:
    """Tell which of these, a few hundred at most, have bytes at `place` that are still needed."""
    query = select(_ROW.id).where(_ROW.id.in_(list(upload_ids)), _ROW.place == place, _ROW.state.in_(UNFINISHED))
    return set(conn.execute(query).scalars())


def in_state(conn: Connection, place: str, state: State, limit: int) -> list[Upload]:
    """Give uploads of a place that are in a state, the oldest first."""
    query = select(schema.uploads).where(_ROW.place == place, _ROW.state == state)
    return rows.every(conn, query.order_by(_ROW.created_at, _ROW.id).limit(limit), Upload)


def expired(conn: Connection, place: str, now: float, limit: int) -> list[Upload]:
    """Give those whose time is over, the longest first; who still writes has moved it."""
    query = select(schema.uploads).where(_ROW.place == place, _ROW.state.in_(OPEN), _ROW.expires_at <= now)
    return rows.every(conn, query.order_by(_ROW.expires_at, _ROW.id).limit(limit), Upload)


def seize(conn: Connection, upload_id: str, offset: int, expires_at: float) -> int | None:
    """Begin to write behind `offset`; the new fence, or None if it is not open or not at that offset."""
    taken = update(schema.uploads).where(_ROW.id == upload_id, _ROW.state.in_(OPEN), _ROW.durable_offset == offset)
    values: dict[str, Any] = {"fence": _ROW.fence + 1, "state": State.RECEIVING, "expires_at": expires_at}
    if not rows.touched(conn, taken.values(**values)):
        return None
    return int(conn.execute(select(_ROW.fence).where(_ROW.id == upload_id)).scalar_one())


def note(conn: Connection, upload_id: str, fence: int, offset: int, expires_at: float, state: State) -> bool:  # noqa: PLR0913, PLR0917 - who, and what is new
    """Note that so many bytes are surely on the disk. False if somebody else writes, or it is over."""
    written = update(schema.uploads).where(
        _ROW.id == upload_id, _ROW.fence == fence, _ROW.state == State.RECEIVING, _ROW.durable_offset <= offset
    )
    values: dict[str, Any] = {"durable_offset": offset, "expires_at": expires_at, "state": state}
    return rows.touched(conn, written.values(**values)) == 1


def pause_all(conn: Connection, place: str) -> int:
    """At a start: nobody writes any more; how many were being written."""
    writing = update(schema.uploads).where(_ROW.place == place, _ROW.state == State.RECEIVING)
    return rows.touched(conn, writing.values(state=State.PAUSED))


def end(  # noqa: PLR0913, PLR0917 - which one, from where, to where, when, why
    conn: Connection, upload_id: str, states: Iterable[State], to: State, now: float, error: str | None = None
) -> bool:
    """Bring it to an end without an object. False if it is in none of `states` (any more)."""
    there = update(schema.uploads).where(_ROW.id == upload_id, _ROW.state.in_(list(states)))
    return rows.touched(conn, there.values(state=to, finished_at=now, error=error)) == 1


def expire(conn: Connection, upload_id: str, now: float) -> bool:
    """End it if its time is really over, seen from within the transaction."""
    old = update(schema.uploads).where(_ROW.id == upload_id, _ROW.state.in_(OPEN), _ROW.expires_at <= now)
    return rows.touched(conn, old.values(state=State.EXPIRED, finished_at=now)) == 1


def commit(  # noqa: PLR0913, PLR0917 - what, as what, what follows, when
    conn: Connection,
    upload_id: str,
    version: Version,
    metadata: Mapping[str, str],
    on_committed: OnCommitted,
    now: float,
) -> Upload | None:
    """Make the upload a version of its object, and do what follows, all in this transaction.

    Done again it changes nothing and gives the same upload. None if it is not being sealed (any more).
    """
    query = select(schema.uploads).where(_ROW.id == upload_id).with_for_update()
    upload = rows.first(conn, query, Upload)
    if upload is None or upload.state == State.COMMITTED:
        return upload
    if upload.state != State.SEALING:
        return None
    made = objects.put(conn, version, version.object_id)
    on_committed(conn, made, metadata)
    values: dict[str, Any] = {"object_id": made.object_id, "version_id": made.id, "sha256": made.sha256}
    done = update(schema.uploads).where(_ROW.id == upload_id)
    conn.execute(done.values(state=State.COMMITTED, finished_at=now, **values))
    return rows.first(conn, select(schema.uploads).where(_ROW.id == upload_id), Upload)


def purge(conn: Connection, before: float) -> int:
    """Forget uploads that ended before a moment; how many."""
    return rows.touched(conn, delete(schema.uploads).where(_ROW.finished_at < before))
