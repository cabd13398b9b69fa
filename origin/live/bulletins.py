"""Tells the catalog what the broadcasts written here are like, so that every node can say it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import broadcasts
from origin.catalog.broadcasts import Bulletin
from origin.errors import Problem
from origin.live.status import LiveStatus, status_of, written
from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.live.means import Means
    from origin.live.on_air import OnAir

LOOK_S: Final = 1.0
"""How late a change may be told. A look costs some microseconds a stream, and all that changed is one transaction."""
REPEAT_S: Final = 15.0
"""How late it may be told that a remark was made once more: faulty timestamps do so with every frame."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Posted:
    gist: LiveStatus
    whole: str
    at: float


class Bulletins:
    """Posts what has changed of `register`. `run` must be running."""

    def __init__(self, means: Means, register: Iterable[OnAir]) -> None:
        self._means = means
        self._register = register
        self._posted: dict[OnAir, _Posted] = {}

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.post()
            await asyncio.sleep(LOOK_S)

    async def post(self) -> None:
        """Look once. What could not be told is told the next time."""
        present = {on_air: self._drafted(status_of(on_air)) for on_air in self._register if not on_air.leaving}
        news = {on_air: drafted for on_air, drafted in present.items() if self._is_news(on_air, drafted)}
        kept = {on_air: posted for on_air, posted in self._posted.items() if on_air in present}
        if news:
            try:
                await self._means.catalog.write(lambda conn: broadcasts.post_bulletins(conn, _rows(news)))
            except Problem as problem:
                metrics.catalog_failures.labels("bulletin").inc()
                _log.warning("bulletins_not_posted", problem=str(problem))
                news = {}
        self._posted = kept | news

    def _drafted(self, status: LiveStatus) -> _Posted:
        gist = replace(status, health=tuple(replace(remark, at=0.0, count=1) for remark in status.health))
        return _Posted(gist, written(status), asyncio.get_running_loop().time())

    def _is_news(self, on_air: OnAir, drafted: _Posted) -> bool:
        posted = self._posted.get(on_air)
        if posted is None or posted.gist != drafted.gist:
            return True
        return posted.whole != drafted.whole and drafted.at - posted.at >= REPEAT_S


def _rows(news: dict[OnAir, _Posted]) -> list[Bulletin]:
    """In the order of their names, or two nodes may wait for each other in a ring."""
    rows = [Bulletin(one.writer.broadcast_id, one.writer.lease.epoch, said.whole) for one, said in news.items()]
    return sorted(rows, key=lambda row: row.broadcast_id)
