"""Assets made from uploaded objects: the asset, queued, and the job that makes it, in one transaction.

The order names the version, and where its bytes are, so that the worker needs nothing else. A version that is deleted
meanwhile is missing then, and the asset fails with a sentence.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from origin.catalog import assets, jobs, recordings, rows, schema
from origin.catalog.assets import Asset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from origin.catalog.jobs import Job
    from packager.inventory import Stored
    from packager.recorded import Recorded, RecordedInit


@dataclass(frozen=True, slots=True)
class Order:
    """What to make an asset from: a version of an object, its key in the store, and its size in bytes."""

    object_id: str
    version_id: str
    key: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsset:
    """What the caller decides of an asset; `public_jti` is None unless it is public."""

    id: str
    tenant_id: str
    playback_id: str
    name: str
    playback: str
    public_jti: str | None
    keep_s: float | None


def create(conn: Connection, new: NewAsset, order: Order, now: float) -> Asset:
    """Add an asset and its job. Raises `rate_limited` as `jobs.enqueue`."""
    asset = Asset(
        **asdict(new),
        stream_id=None,
        broadcast_id=None,
        object_id=order.object_id,
        version_id=order.version_id,
        state=assets.QUEUED,
        whole=False,
        duration_s=None,
        progress=0.0,
        error=None,
        expires_at=None if new.keep_s is None else now + new.keep_s,
        revision=1,
        created_at=now,
        updated_at=now,
    )
    rows.add(conn, schema.assets, asset)
    jobs.enqueue(conn, new.tenant_id, jobs.PACKAGE, new.id, json.dumps(asdict(order)), now)
    return asset


def order_of(job: Job) -> Order:
    """Read what a job was told."""
    return Order(**json.loads(job.order))


def write_down(
    conn: Connection,
    job: Job,
    segments: Sequence[Recorded],
    inits: Sequence[RecordedInit],
    poster: Stored | None = None,
) -> bool:
    """Write down what this attempt has stored; nothing, and False, once the job is not its own any more."""
    ours = jobs.lock(conn, job)
    if ours:
        recordings.add_inits(conn, job.tenant_id, job.subject, inits)
        recordings.add(conn, job.tenant_id, job.subject, segments)
        if poster:
            assets.note_poster(conn, job.subject, poster)
    return ours


def drop(conn: Connection, job: Job, limit: int) -> int:
    """Remove what attempts before this one have written down, at most `limit` rows; how many. As `write_down`."""
    return recordings.drop(conn, job.subject, limit) if jobs.lock(conn, job) else 0


def note_left_out(conn: Connection, job: Job, left_out: str) -> bool:
    """Note which tracks are not taken, as JSON. As `write_down`."""
    ours = jobs.lock(conn, job)
    if ours:
        assets.note_left_out(conn, job.subject, left_out)
    return ours
