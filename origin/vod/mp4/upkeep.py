"""Plans go with their recordings, on every node, whoever deletes them and however they run out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import assets
from origin.errors import Problem

if TYPE_CHECKING:
    from origin.catalog.database import Catalog
    from origin.vod.mp4.plans import Plans

EVERY_S: Final = 60.0
"""A plan without its recording opens nothing; this only bounds how long it lies about."""

_log = structlog.get_logger(__name__)


async def run(plans: Plans, catalog: Catalog) -> None:
    """Tidy up from time to time, until cancelled."""
    while True:
        try:
            await tidy(plans, catalog)
        except Problem as problem:
            _log.warning("mp4_plans_not_tidied", code=problem.code, detail=problem.detail)
        await asyncio.sleep(EVERY_S)


async def tidy(plans: Plans, catalog: Catalog) -> int:
    """Forget the plans of recordings that are gone; how many."""
    names = await plans.names()
    gone = await catalog.read(lambda conn: assets.absent(conn, names)) if names else []
    for name in gone:
        await plans.forget(name)
    return len(gone)
