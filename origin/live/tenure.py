"""Holds the leases of all broadcasts that are written here, and says which were lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import on_air as rows
from origin.errors import Problem
from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from origin.live.means import Means
    from origin.live.on_air import OnAir

LEASE_TTL_S: Final = 15.0
"""How long a dead node keeps others from its streams; three renewals may fail before a live one loses them."""
RENEW_S: Final = 4.0

_log = structlog.get_logger(__name__)


async def keep_leases(means: Means, held: Callable[[], Iterable[OnAir]], lose: Callable[[OnAir], None]) -> None:
    """Renew for ever what is `held`; a failing catalog is tried again, `lose` is told what somebody else has now."""
    while True:
        await asyncio.sleep(RENEW_S)
        broadcasts = {one.writer.broadcast_id: one for one in held() if not one.channel.ended}
        if not broadcasts:
            continue
        writers = [one.position() for one in broadcasts.values()]
        try:
            lost = await means.catalog.write(lambda conn: rows.hold(conn, writers, means.clock(), LEASE_TTL_S))  # noqa: B023 - awaited here
        except Problem as problem:
            metrics.catalog_failures.labels("renew").inc()
            _log.warning("leases_not_renewed", problem=str(problem))
            continue  # the next time shows whether they are still ours
        for broadcast_id in lost:
            lose(broadcasts[broadcast_id])
