"""Removes what ended broadcasts left in the store: when they end, or at the next start when a crash came first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import broadcasts
from origin.observe import metrics
from origin.stores.protocol import Appendable, StoreError

if TYPE_CHECKING:
    from origin.catalog.database import Catalog
    from origin.stores.protocol import ObjectStore

log = structlog.get_logger(__name__)

PAGE: Final = 500
"""Objects, or broadcasts, handled in one go."""


async def forget_broadcast(catalog: Catalog, store: ObjectStore, broadcast_id: str, prefix: str) -> bool:
    """Delete every object of a broadcast that is over, then its row.

    One that is open in the catalog keeps its objects, whatever the caller takes it for: its lease was lost, and another
    node goes on with it or will. A store that fails leaves the row, so that the next start tries again. The answer is
    False in both cases.
    """
    if not await catalog.read(lambda conn: broadcasts.is_over(conn, broadcast_id)):
        return False
    try:
        while page := await store.list(prefix, after=None, limit=PAGE):
            await store.delete([stored.key for stored in page])
        if isinstance(store, Appendable):
            for left in await store.drafts(prefix):
                (await store.adopt(left.key, 0)).discard()
    except StoreError:
        metrics.store_failures.labels("collect").inc()
        log.warning("broadcast_not_collected", broadcast_id=broadcast_id)
        return False
    await catalog.write(lambda conn: broadcasts.forget(conn, broadcast_id))
    return True


async def sweep(catalog: Catalog, store: ObjectStore, before: float = math.inf) -> int:
    """At start: collect the broadcasts that ended before a moment. Gives back how many were collected."""
    collected = 0
    while left := await catalog.read(lambda conn: broadcasts.ended_before(conn, before, PAGE)):
        for row in left:
            if not await forget_broadcast(catalog, store, row.id, f"{row.tenant_id}/{row.id}/"):
                return collected
            collected += 1
    return collected
