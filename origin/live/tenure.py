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
SHARED_TTL_S: Final = 6.0
"""The same where nodes share streams: viewers of a node that died wait so long for the next writer."""
SHARED_RENEW_S: Final = 1.5
MARGIN_S: Final = 0.5
"""How much before the end of its lease a writer stops by its own clock: clocks run at rates of their own."""

_log = structlog.get_logger(__name__)


def ttl_s(means: Means) -> float:
    """How long leases are taken for."""
    return SHARED_TTL_S if means.shared else LEASE_TTL_S


class Tenure:
    """Renews what is `held`, and tells `lose` of each that somebody else has now.

    Where nodes share streams, a writer whose lease may have run out is told to stop as well, because another may begin.
    A node that is alone goes on: its lease waits for the catalog to come back.
    """

    def __init__(self, means: Means, held: Iterable[OnAir], lose: Callable[[OnAir], None]) -> None:
        self._means = means
        self._held = held
        self._lose = lose
        self._every_s = SHARED_RENEW_S if means.shared else RENEW_S

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            broadcasts = {one.writer.broadcast_id: one for one in self._held if not one.leaving}
            if broadcasts:
                await self._renew(broadcasts)

    async def _renew(self, broadcasts: dict[str, OnAir]) -> None:
        means, asked_at = self._means, asyncio.get_running_loop().time()
        writers = [one.position() for one in broadcasts.values()]
        try:
            async with asyncio.timeout(ttl_s(means) / 2 if means.shared else None):
                lost = await means.catalog.write(lambda conn: rows.hold(conn, writers, means.clock(), ttl_s(means)))
        except (Problem, TimeoutError) as problem:
            metrics.catalog_failures.labels("renew").inc()
            _log.warning("leases_not_renewed", problem=str(problem))
            lost = self._run_out(broadcasts)  # the others may still be ours: the next time shows
        else:
            for one in broadcasts.values():
                one.held_until = asked_at + ttl_s(means) - MARGIN_S
        for broadcast_id in lost:
            self._lose(broadcasts[broadcast_id])

    def _run_out(self, broadcasts: dict[str, OnAir]) -> set[str]:
        if self._means.shared is None:
            return set()
        soon = asyncio.get_running_loop().time() + self._every_s
        return {name for name, one in broadcasts.items() if one.held_until <= soon}
