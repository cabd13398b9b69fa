"""Who publishes a broadcast now: a publisher comes, another takes its place, it goes and is waited for.

open ──leave──▶ a backup that waits here, else waiting ──window over──▶ ended
  ▲──────────────────────────────────┘ somebody publishes again
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from origin.live.publication import Publication

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.live.backups import Backups
    from origin.live.chores import Chores
    from origin.live.ending import Ending
    from origin.live.on_air import OnAir

_log = structlog.get_logger(__name__)


class Changeover:
    """Puts publishers on the air. `vacant` is told of a broadcast that nobody here publishes any more."""

    def __init__(
        self,
        clock: Callable[[], float],
        backups: Backups,
        ending: Ending,
        chores: Chores,
        vacant: Callable[[OnAir], None],
    ) -> None:
        self._clock = clock
        self._backups = backups
        self._ending = ending
        self._chores = chores
        self._vacant = vacant

    def put_on(self, on_air: OnAir) -> Publication:
        """Make room for a publisher: whoever is on the air with this broadcast goes, a backup waits again."""
        before, on_air.publication = on_air.publication, None
        if before and not self._backups.make_room(on_air.stream.id, before):
            before.part("taken_over", "Another publisher with this stream's key has taken over.")
            before.close("taken_over")
        on_air.cancel_timer()
        on_air.publication = Publication(
            on_air.channel, on_air.health, start_s=on_air.end_s, clock=self._clock, on_close=partial(self._left, on_air)
        )
        return on_air.publication

    def wait(self, on_air: OnAir) -> None:
        """Give a publisher the time to come back."""
        window_s = on_air.stream.reconnect_window_s
        expire = partial(self._chores.begin, self._expire, on_air)
        on_air.timer = asyncio.get_running_loop().call_later(window_s, expire)

    def _left(self, on_air: OnAir, publication: Publication, reason: str) -> None:
        on_air.end_s = publication.end_s
        if on_air.publication is not publication:
            return
        on_air.publication = None
        _log.info("publisher_left", stream_id=on_air.stream.id, reason=reason)
        standby = None if on_air.leaving else self._backups.waiting(on_air.stream.id)
        if standby:
            _log.info("backup_on_air", stream_id=on_air.stream.id)
            standby.promote(self.put_on(on_air))
            return
        self.wait(on_air)
        self._vacant(on_air)

    async def _expire(self, on_air: OnAir) -> None:
        if on_air.publication is None:  # nobody has come back in the moment since the timer rang
            await self._ending.end(on_air)
