"""Removes what ended broadcasts left in the store: at once when they end, at the next start when a crash came first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import broadcasts, on_air
from origin.observe import metrics
from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from origin.catalog.database import Catalog
    from origin.stores.protocol import ObjectStore

log = structlog.get_logger(__name__)

PAGE: Final = 500
"""Objects, or broadcasts, handled in one go."""


async def forget_broadcast(catalog: Catalog, store: ObjectStore, broadcast_id: str, epoch: int, prefix: str) -> bool:
    """Delete every object of a broadcast that the writer of `epoch` has ended, then its row.

    One that another writer goes on with is left alone. A store that fails leaves the row, so that the next start tries
    again. The answer is False then.
    """
    if not await catalog.read(lambda conn: broadcasts.is_over(conn, broadcast_id, epoch)):
        return False
    try:
        while page := await store.list(prefix, after=None, limit=PAGE):
            await store.delete([stored.key for stored in page])
    except StoreError:
        metrics.store_failures.labels("collect").inc()
        log.warning("broadcast_not_collected", broadcast_id=broadcast_id)
        return False
    await catalog.write(lambda conn: broadcasts.forget(conn, broadcast_id, epoch))
    return True


async def sweep(catalog: Catalog, store: ObjectStore, now: float) -> int:
    """At start: end the broadcasts that a crash left open, and collect all that are over.

    Must be called while no other process writes this catalog. Gives back how many were collected.
    """
    await catalog.write(lambda conn: on_air.abandon_all(conn, now))
    collected = 0
    while left := await catalog.read(lambda conn: broadcasts.ended_before(conn, math.inf, PAGE)):
        for row in left:
            if not await forget_broadcast(catalog, store, row.id, row.epoch, f"{row.tenant_id}/{row.id}/"):
                return collected
            collected += 1
    return collected
