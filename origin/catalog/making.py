"""Who works on an asset, by a lease of its own: the writer that ended its broadcast, then whoever makes its manifests.

A worker that is gone loses the lease after `WORK_S`, and another goes on. Each says who it is by a name that no other
worker has, be it on the same node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.catalog import assets, leases, recordings, remains
from origin.catalog.clock import moment

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from origin.catalog.assets import Asset
    from origin.catalog.on_air import Writer
    from packager.inventory import Stored
    from packager.recorded import Recorded, RecordedInit

WORK_S: Final = 15.0
"""How long a worker has an asset to itself, and again with each sign of life; those come every few seconds."""
GLANCE: Final = 100
"""Assets looked at to find one that nobody works on; as many as may end at once on a node that stops."""


def write_down(  # noqa: PLR0913 - who, what, when, and by which right
    conn: Connection,
    writer: Writer,
    segments: Sequence[Recorded],
    inits: Sequence[RecordedInit],
    now: float,
    *,
    over: bool,
) -> bool:
    """Write down what a writer has recorded; nothing, and False, once it has lost its lease.

    While the broadcast goes on that is its stream's. When it is `over`, it is the asset's, which is renewed by this.
    """
    if over:
        ours = not _is_whole(conn, writer) and hold(conn, assets.id_of(writer.broadcast_id), writer.lease.owner, now)
    else:
        ours = leases.lock(conn, writer.lease) is not None
    if ours:
        recordings.add(conn, writer.lease.tenant_id, writer.broadcast_id, segments)
        recordings.add_inits(conn, writer.lease.tenant_id, writer.broadcast_id, inits)
    return ours


def fill(  # noqa: PLR0913, PLR0917 - as `write_down`
    conn: Connection, tenant_id: str, broadcast_id: str, worker: str, segments: Sequence[Recorded], now: float
) -> bool:
    """Write down what was made in place of gaps; nothing, and False, if the asset is another worker's, or whole."""
    asset = assets.get(conn, tenant_id, assets.id_of(broadcast_id))
    if asset is None or asset.whole or not hold(conn, asset.id, worker, now):
        return False
    recordings.fill(conn, tenant_id, broadcast_id, segments)
    return True


def redeem(conn: Connection, broadcast_id: str, stored: Stored) -> bool:
    """Note that the store has a segment after all that stands there as a gap. False if none does, or it is too late."""
    asset = assets.locked(conn, assets.id_of(broadcast_id))  # or its manifests could be made meanwhile, without it
    return not (asset and asset.whole) and recordings.redeem(conn, broadcast_id, stored)


def complete(conn: Connection, broadcast_id: str, worker: str, now: float) -> bool:
    """Note that all of a recording is written down, and let go of its asset. False if that was somebody else's."""
    asset_id = assets.id_of(broadcast_id)
    ours = hold(conn, asset_id, worker, now) and assets.complete(conn, asset_id, now)
    let_go(conn, asset_id, worker, now)
    return ours


def take(conn: Connection, worker: str, now: float, *, whole: bool, leave: Collection[str] = ()) -> Asset | None:
    """Give an unfinished asset that nobody works on to `worker`: one that is all written down, or not yet.

    Those in `leave` are for later.
    """
    found = assets.unfinished(conn, whole=whole, limit=GLANCE + len(leave))
    wanted = (asset for asset in found if asset.id not in leave)
    return next((asset for asset in wanted if hold(conn, asset.id, worker, now, asset.tenant_id)), None)


def hold(conn: Connection, asset_id: str, worker: str, now: float, tenant_id: str | None = None) -> bool:
    """Take the lease of an asset, or prolong it; False while another worker has it."""
    of = {} if tenant_id is None else {"tenant_id": tenant_id}
    return leases.acquire(conn, assets.lease_of(asset_id), worker, now, WORK_S, **of) is not None


def go_on(conn: Connection, asset_id: str, worker: str, progress: float, now: float) -> bool:
    """Note how far its making has come, and prolong the lease; False if it was deleted, or is another worker's."""
    return hold(conn, asset_id, worker, now) and assets.note_progress(conn, asset_id, progress, now)


def let_go(conn: Connection, asset_id: str, worker: str, now: float) -> None:
    """Give the lease back; nothing happens if it is another's."""
    lease = leases.get(conn, assets.lease_of(asset_id))
    if lease:
        leases.release(conn, lease.resource, worker, lease.epoch, now)


def is_worked_on(conn: Connection, broadcast_id: str, now: float) -> bool:
    """Whether somebody may still put objects of a broadcast's asset, though it was deleted."""
    return is_held(conn, assets.id_of(broadcast_id), now)


def is_held(conn: Connection, asset_id: str, now: float) -> bool:
    """Whether somebody has the lease of an asset."""
    lease = leases.get(conn, assets.lease_of(asset_id))
    return lease is not None and lease.expires_at > moment(conn, now)


def forget_remains(conn: Connection, asset_id: str) -> None:
    """Forget what was left of an asset that had no broadcast: everything is gone."""
    remains.forget(conn, asset_id)
    leases.forget(conn, assets.lease_of(asset_id))


def _is_whole(conn: Connection, writer: Writer) -> bool:
    """Whether all is written down already, or nobody wants it any more."""
    asset = assets.get(conn, writer.lease.tenant_id, assets.id_of(writer.broadcast_id))
    return asset is None or asset.whole
