"""Removes what nobody can play any more: objects of ended broadcasts, and recordings that were deleted or have expired.

First the catalog stops listing it, then its objects go, then what was written down of them, and last the broadcast, or
the row of `remains`, which remembers that there is something to remove. So after a crash between any two steps the rest
is done later, and nothing that is listed is ever missing. Each step may be done twice, also by two nodes at once.
"""

from __future__ import annotations

import asyncio
import math
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import assets, broadcasts, making, recordings, remains
from origin.errors import Problem
from origin.observe import metrics
from origin.stores.protocol import Appendable, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.catalog.database import Catalog
    from origin.stores.logbook import Logbook
    from origin.stores.protocol import ObjectStore

log = structlog.get_logger(__name__)

PAGE: Final = 500
"""Objects, broadcasts or assets handled in one go."""
ROWS: Final = 2_000
"""Rows removed in one transaction, which holds up others for some ten milliseconds."""
EVERY_S: Final = 30.0
"""How often to look for what has expired."""
GRACE_S: Final = 60.0
"""How long objects stay when nothing lists them any more: other nodes, edges and players may not know for some 20 s."""


async def run(catalog: Catalog, store: ObjectStore, clock: Callable[[], float]) -> None:
    """Remove from time to time what is due, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            now = clock()
            await expire(catalog, now)
            await sweep(catalog, store, now, now - GRACE_S)
            await clear_remains(catalog, store, now)
        except Problem as problem:
            metrics.catalog_failures.labels("sweep").inc()
            log.warning("not_swept", problem=str(problem))


async def expire(catalog: Catalog, now: float) -> int:
    """Delete assets whose time is over; how many."""
    count = 0
    while old := await catalog.read(lambda conn: assets.expired(conn, now, PAGE)):
        for asset in old:
            if await _delete(catalog, asset.tenant_id, asset.id, now):
                log.info("asset_expired", asset_id=asset.id)
                count += 1
    return count


async def forget_broadcast(catalog: Catalog, store: ObjectStore, broadcast_id: str, prefix: str, now: float) -> bool:
    """Delete every object of a broadcast that is over, what was written down of it, then its row.

    One that is open in the catalog keeps its objects, whatever the caller takes it for: its lease was lost, and another
    node goes on with it or will. So does one whose recording is an asset, or is being made one. A store that fails
    leaves the row, so that somebody tries again later. The answer is False in all these cases.
    """
    if not await catalog.read(
        lambda conn: broadcasts.is_over(conn, broadcast_id) and not making.is_worked_on(conn, broadcast_id, now)
    ):
        return False
    if not await _clear(catalog, store, broadcast_id, prefix):
        return False
    await catalog.write(lambda conn: broadcasts.forget(conn, broadcast_id))
    return True


async def clear_remains(catalog: Catalog, store: ObjectStore, now: float) -> int:
    """Collect what is left of assets made from objects that failed, or were deleted, a while ago. How many.

    There is no start at which nobody else is at work: workers may be processes of their own.
    """
    collected = 0
    for left in await catalog.read(lambda conn: remains.released_before(conn, now - GRACE_S, PAGE)):
        asset_id = left.id
        if await catalog.read(partial(making.is_held, asset_id=asset_id, now=now)):
            continue  # whoever makes its manifests has not noticed yet
        if await _clear(catalog, store, asset_id, left.prefix):
            await catalog.write(partial(making.forget_remains, asset_id=asset_id))
            collected += 1
    return collected


async def _clear(catalog: Catalog, store: ObjectStore, package: str, prefix: str) -> bool:
    """Remove objects, then what was written down of them. False if the store failed."""
    try:
        while page := await store.list(prefix, after=None, limit=PAGE):
            await store.delete([stored.key for stored in page])
        if isinstance(store, Appendable):
            for left in await store.drafts(prefix):
                (await store.adopt(left.key, 0)).discard()
    except StoreError:
        metrics.store_failures.labels("collect").inc()
        log.warning("not_collected", package=package)
        return False
    while await catalog.write(lambda conn: recordings.drop(conn, package, ROWS)):
        pass
    return True


async def sweep(catalog: Catalog, store: ObjectStore, now: float, before: float = math.inf) -> int:
    """Collect the broadcasts that ended, and whose assets were deleted, before a moment. How many were collected."""
    collected = 0
    left = await catalog.read(lambda conn: broadcasts.ended_before(conn, before, PAGE))
    while left:
        done = [await forget_broadcast(catalog, store, row.id, f"{row.tenant_id}/{row.id}/", now) for row in left]
        collected += sum(done)
        if not any(done):
            return collected
        left = await catalog.read(lambda conn: broadcasts.ended_before(conn, before, PAGE))
    return collected


async def forget_logs(catalog: Catalog, logbook: Logbook) -> None:
    """At start, for who is alone: remove the logs of broadcasts that nobody goes on with, nor completes."""
    wanted = await catalog.read(broadcasts.unwritten)
    for subject in await asyncio.to_thread(logbook.subjects):
        if subject not in wanted:
            logbook.forget(subject)


async def _delete(catalog: Catalog, tenant_id: str, asset_id: str, now: float) -> bool:
    try:
        await catalog.write(lambda conn: assets.delete(conn, tenant_id, asset_id, None, now))
    except Problem as problem:
        if problem.code != "not_found":  # another node was faster
            raise
        return False
    return True
