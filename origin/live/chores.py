"""What is done beside everything else, for one stream each: nothing of it raises, and a drain waits for all of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from origin.errors import Problem
from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from origin.live.on_air import OnAir

_log = structlog.get_logger(__name__)


class Chores:
    """Keeps hold of what was begun until it is done. As many as broadcasts begin and end at one time."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, job: Callable[[OnAir], Awaitable[None]], on_air: OnAir) -> None:
        """Do `job` beside everything else."""
        task = asyncio.create_task(self.attempt(job, on_air))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def attempt(self, job: Callable[[OnAir], Awaitable[None]], on_air: OnAir) -> None:
        """Do one thing for one stream; a catalog that fails then costs no other stream anything."""
        try:
            await job(on_air)
        except Problem as problem:
            metrics.catalog_failures.labels("broadcast").inc()
            _log.warning("chore_failed", stream_id=on_air.stream.id, problem=str(problem))

    async def done(self) -> None:
        """Wait for all that has begun."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
