"""Forgetting: revocations, sessions, links and kept answers that have run out, and old jobs, leave the catalog."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import idempotency, jobs, revocations, sessions
from origin.errors import Problem
from origin.web.api.once import KEPT_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from origin.catalog.database import Catalog

EVERY_S: Final = 600.0
"""What has run out has no effect any more; this only bounds how much of it lies about."""
JOBS_S: Final = 30 * 86_400.0
"""How long is told how a job ended; what came of it is told by its subject."""

_log = structlog.get_logger(__name__)


async def run(catalog: Catalog, clock: Callable[[], float]) -> None:
    """Tidy up from time to time, until cancelled."""
    while True:
        try:
            await tidy(catalog, clock())
        except Problem as problem:
            _log.warning("the catalog could not be tidied", code=problem.code, detail=problem.detail)
        await asyncio.sleep(EVERY_S)


async def tidy(catalog: Catalog, now: float) -> int:
    """Tidy up once; how many rows went."""

    def work(conn: Connection) -> int:
        kept = idempotency.purge(conn, now - KEPT_S)
        kept += jobs.purge(conn, now - JOBS_S)
        return kept + revocations.purge(conn, now) + sessions.purge(conn, now)

    return await catalog.write(work)
