"""Assets: what can be played on demand. A recording becomes one in the transaction that ends its broadcast.

A recording owns nothing: its objects are its broadcast's, which are kept as long as it is there (`ended_before`). Its
id is derived from the broadcast's, so that there is one for each, whichever node ends it, and however often.

An asset can be made from an uploaded object, too (`packages`), by a job that it follows. Its objects and rows are kept
under its own id, and what is left of it when it is gone is in `remains`.

    end of a broadcast → processing, not whole → whole: all is written down → ready, or failed
    an object → queued → processing, while the job runs → whole: the job is done → ready, or failed
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update

from origin.catalog import remains, rows, schema
from origin.catalog.ids import derived_id, secret_hash
from origin.catalog.streams import KEEP, Keep
from origin.errors import Problem
from packager.inventory import Stored
from packager.names import POSTER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from origin.catalog.broadcasts import Broadcast
    from origin.catalog.streams import Stream

QUEUED: Final = "queued"
PROCESSING: Final = "processing"
READY: Final = "ready"
FAILED: Final = "failed"

_ROW = schema.assets.c
_BEING_MADE: Final = _ROW.state.in_((QUEUED, PROCESSING))
_BY_ID: Final = select(schema.assets).where(_ROW.id == bindparam("wanted"), _ROW.tenant_id == bindparam("of"))
_BY_PLAYBACK_ID: Final = select(schema.assets).where(_ROW.playback_id == bindparam("wanted"))
_LEASES: Final = "asset:"
PACKAGED: Final = 0.9
"""How far an asset has come when its job is done; the rest are its manifests."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset. `whole` says that all of it is written down, so that manifests can be made.

    A recording has `stream_id` and `broadcast_id`. One made from an object has `object_id` and `version_id`, and in
    `left_out`, as JSON, the tracks that were not taken. `progress` is 0 to 1. `keep_s` counts from `created_at`; None:
    for ever. `revision` rises when settings change.
    """

    id: str
    tenant_id: str
    stream_id: str | None
    broadcast_id: str | None
    playback_id: str
    name: str
    state: str
    whole: bool
    playback: str
    public_jti: str | None
    duration_s: float | None
    progress: float
    error: str | None
    keep_s: float | None
    expires_at: float | None
    revision: int
    created_at: float
    updated_at: float
    object_id: str | None = None
    version_id: str | None = None
    left_out: str | None = None
    poster_size: int | None = None
    poster_sha256: str | None = None

    @property
    def package(self) -> str:
        """Under which id its rows and objects are kept, and which its signatures name."""
        return self.broadcast_id or self.id

    @property
    def poster(self) -> Stored | None:
        """The object that is a still of it."""
        return Stored(POSTER, self.poster_size, self.poster_sha256) if self.poster_size and self.poster_sha256 else None

    @property
    def prefix(self) -> str:
        """What the keys of its objects begin with."""
        return f"{self.tenant_id}/{self.package}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to change; whatever is `KEEP` stays."""

    name: str | Keep = KEEP
    playback: str | Keep = KEEP
    public_jti: str | Keep | None = KEEP
    keep_s: float | Keep | None = KEEP


def id_of(broadcast_id: str) -> str:
    """Give the id that the asset of a broadcast has, or would have."""
    return derived_id("as_", broadcast_id)


def lease_of(asset_id: str) -> str:
    """Name the lease of whoever works on an asset."""
    return f"{_LEASES}{asset_id}"


def make(conn: Connection, broadcast: Broadcast, stream: Stream | None, now: float) -> Asset:
    """Make the asset of a recorded broadcast that ends now, or give the one that there is.

    A stream that was deleted meanwhile leaves its recordings signed, and for ever.
    """
    asset_id = id_of(broadcast.id)
    known = get(conn, broadcast.tenant_id, asset_id)
    if known:
        return known
    keep_s = stream.keep_s if stream else None
    public = stream is not None and stream.playback == "public"
    asset = Asset(
        id=asset_id,
        tenant_id=broadcast.tenant_id,
        stream_id=broadcast.stream_id,
        broadcast_id=broadcast.id,
        playback_id=derived_id("pb_", broadcast.id),
        name=stream.name if stream else broadcast.stream_id,
        state=PROCESSING,
        whole=False,
        playback="public" if public else "signed",
        public_jti=_jti(broadcast.tenant_id, asset_id) if public else None,
        duration_s=None,
        progress=0.0,
        error=None,
        keep_s=keep_s,
        expires_at=None if keep_s is None else now + keep_s,
        revision=1,
        created_at=now,
        updated_at=now,
    )
    rows.add(conn, schema.assets, asset)
    return asset


def get(conn: Connection, tenant_id: str, asset_id: str) -> Asset | None:
    """Look up a tenant's asset."""
    return rows.first(conn, _BY_ID, Asset, wanted=asset_id, of=tenant_id)


def locked(conn: Connection, asset_id: str) -> Asset | None:
    """Look up an asset that nobody else may change in this transaction's time."""
    return rows.first(conn, select(schema.assets).where(_ROW.id == asset_id).with_for_update(), Asset)


def by_playback_id(conn: Connection, playback_id: str) -> Asset | None:
    """Look up whichever tenant's asset is played under this id."""
    return rows.first(conn, _BY_PLAYBACK_ID, Asset, wanted=playback_id)


def absent(conn: Connection, playback_ids: Sequence[str]) -> list[str]:
    """Tell under which of these ids, a few hundred at most, no asset is played (any more)."""
    there = conn.execute(select(_ROW.playback_id).where(_ROW.playback_id.in_(playback_ids))).scalars().all()
    return sorted(set(playback_ids).difference(there))


def page(conn: Connection, tenant_id: str, after: tuple[float, str] | None, limit: int) -> list[Asset]:
    """Give at most `limit` assets of a tenant, newest first, behind the one with `(created_at, id)` of `after`."""
    query = select(schema.assets).where(_ROW.tenant_id == tenant_id)
    if after is not None:
        query = query.where(tuple_(_ROW.created_at, _ROW.id) < tuple_(*after))
    return rows.every(conn, query.order_by(_ROW.created_at.desc(), _ROW.id.desc()).limit(limit), Asset)


def unfinished(conn: Connection, *, whole: bool, limit: int) -> list[Asset]:
    """Give those that are being made, the oldest first: those that are written down, or recordings that are not yet."""
    query = select(schema.assets).where(_ROW.state == PROCESSING, _ROW.whole.is_(whole))
    if not whole:
        query = query.where(_ROW.broadcast_id.is_not(None))  # others are completed by their jobs
    return rows.every(conn, query.order_by(_ROW.created_at, _ROW.id).limit(limit), Asset)


def complete(conn: Connection, asset_id: str, now: float) -> bool:
    """Note that all of it is written down. False if that was known, or it was deleted."""
    return _advance(conn, asset_id, now, whole=True)


def note_progress(conn: Connection, asset_id: str, progress: float, now: float) -> bool:
    """Note how far its making has come. False if it was deleted."""
    return _advance(conn, asset_id, now, progress=progress)


def finish(conn: Connection, asset_id: str, duration_s: float, now: float) -> bool:
    """Let it be played. False if it was deleted, or is not being made."""
    return _advance(conn, asset_id, now, state=READY, duration_s=duration_s, progress=1.0)


def fail(conn: Connection, asset_id: str, error: str, now: float) -> bool:
    """Note why it will never be played, in a sentence. False if it was deleted, or is not being made."""
    failed = _advance(conn, asset_id, now, state=FAILED, error=error)
    asset = locked(conn, asset_id) if failed else None
    if asset and asset.broadcast_id is None:
        remains.note(conn, asset.tenant_id, asset.id, now)
    return failed


def follow(conn: Connection, asset_id: str, state: str, error: str | None, now: float) -> None:
    """Let an asset made from an object be in the state that its job is in now. Nothing happens if it was deleted."""
    being_made = sql_update(schema.assets).where(_ROW.id == asset_id, _BEING_MADE, _ROW.whole.is_(False))
    if state in ("queued", "running"):
        shown = QUEUED if state == "queued" else PROCESSING
        conn.execute(being_made.values(state=shown, progress=0.0, updated_at=now))
    elif state == "done":
        conn.execute(being_made.values(state=PROCESSING, whole=True, progress=PACKAGED, updated_at=now))
    else:
        said = error if state == "failed" else None
        fail(conn, asset_id, said or "Its job was cancelled.", now)


def note_packaged(conn: Connection, asset_id: str, share: float, now: float) -> None:
    """Note how much of the object has been packaged, 0 to 1."""
    being_made = sql_update(schema.assets).where(_ROW.id == asset_id, _ROW.state == PROCESSING, _ROW.whole.is_(False))
    conn.execute(being_made.values(progress=PACKAGED * share, updated_at=now))


def note_poster(conn: Connection, asset_id: str, poster: Stored) -> None:
    """Note that there is a still of it, and what is stored as that."""
    values = {"poster_size": poster.size, "poster_sha256": poster.sha256}
    conn.execute(sql_update(schema.assets).where(_ROW.id == asset_id).values(**values))


def note_left_out(conn: Connection, asset_id: str, left_out: str) -> None:
    """Note which tracks of the object were not taken, as JSON."""
    conn.execute(sql_update(schema.assets).where(_ROW.id == asset_id).values(left_out=left_out))


def update(  # noqa: PLR0913, PLR0917 - which one, what, on which condition, when
    conn: Connection, tenant_id: str, asset_id: str, changes: Changes, expected_revision: int | None, now: float
) -> Asset:
    """Change an asset. Raises `not_found`, or `revision_mismatch` if it is not at the expected revision."""
    before = expect(conn, tenant_id, asset_id, expected_revision)
    values: dict[str, object] = {name: value for name, value in asdict(changes).items() if value is not KEEP}
    if changes.keep_s is not KEEP:
        values["expires_at"] = None if changes.keep_s is None else before.created_at + changes.keep_s
    values |= {"revision": _ROW.revision + 1, "updated_at": now}
    conn.execute(sql_update(schema.assets).where(*_which(tenant_id, asset_id)).values(**values))
    return expect(conn, tenant_id, asset_id, None)


def delete(conn: Connection, tenant_id: str, asset_id: str, expected_revision: int | None, now: float) -> Asset:
    """Remove an asset and give back what it was. Raises as `update`.

    From then on nothing lists its objects. Its broadcast, or a row of `remains`, stays until they are gone. A job that
    makes it is cancelled: before the asset is locked, in the order in which workers lock the two.
    """
    job = schema.jobs
    made = sql_update(job).where(job.c.subject == asset_id, job.c.tenant_id == tenant_id)
    made = made.where(job.c.state.in_(("queued", "running")))
    conn.execute(made.values(state="cancelled", updated_at=now))
    asset = expect(conn, tenant_id, asset_id, expected_revision)
    conn.execute(sql_delete(schema.assets).where(*_which(tenant_id, asset_id)))
    if asset.broadcast_id is None:
        remains.note(conn, tenant_id, asset_id, now)
    broadcast = schema.broadcasts
    conn.execute(sql_update(broadcast).where(broadcast.c.id == asset.broadcast_id).values(released_at=now))
    return asset


def expired(conn: Connection, now: float, limit: int) -> list[Asset]:
    """Give those whose time is over, the longest first."""
    query = select(schema.assets).where(_ROW.expires_at <= now).order_by(_ROW.expires_at, _ROW.id).limit(limit)
    return rows.every(conn, query, Asset)


def expect(conn: Connection, tenant_id: str, asset_id: str, revision: int | None) -> Asset:
    """Read with a lock on the row (where there are such: SQLite has one writer) and check the revision."""
    asset = rows.first(conn, select(schema.assets).where(*_which(tenant_id, asset_id)).with_for_update(), Asset)
    if asset is None:
        raise Problem("not_found", f"There is no asset {asset_id}.")
    if revision not in (None, asset.revision):
        raise Problem("revision_mismatch", f"The asset is at revision {asset.revision}; read it again.")
    return asset


def _advance(conn: Connection, asset_id: str, now: float, **values: object) -> bool:
    being_made = sql_update(schema.assets).where(_ROW.id == asset_id, _BEING_MADE)
    if values.get("whole"):
        being_made = being_made.where(_ROW.whole.is_(False))
    return rows.touched(conn, being_made.values(updated_at=now, **values)) == 1


def _jti(tenant_id: str, asset_id: str) -> str:
    """Name the token of a public asset, in the form that the web room's token desk knows."""
    return f"{tenant_id}.{asset_id}.{secret_hash(asset_id)[:20]}"


def _which(tenant_id: str, asset_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _ROW.id == asset_id, _ROW.tenant_id == tenant_id
