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
    from collections.abc import Awaitable, Callable

    from origin.live.backups import Backups
    from origin.live.chores import Chores
    from origin.live.ending import Ending
    from origin.live.on_air import OnAir

_log = structlog.get_logger(__name__)


class Changeover:
    """Puts publishers on the air. `vacant` asks other nodes for a backup, `fill` begins a slate."""

    def __init__(  # noqa: PLR0913 - who may publish, and what happens when nobody does
        self,
        clock: Callable[[], float],
        backups: Backups,
        ending: Ending,
        chores: Chores,
        *,
        vacant: Callable[[OnAir], Awaitable[None]],
        fill: Callable[[OnAir], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._backups = backups
        self._ending = ending
        self._chores = chores
        self._vacant = vacant
        self._fill = fill

    def put_on(self, on_air: OnAir) -> Publication:
        """Put a publisher on, in the place of whoever is there."""
        self.clear(on_air)
        on_air.cancel_timer()
        on_air.stop_filling()
        on_air.publication = Publication(
            on_air.channel, on_air.health, start_s=on_air.end_s, clock=self._clock, on_close=partial(self._left, on_air)
        )
        return on_air.publication

    def clear(self, on_air: OnAir) -> None:
        """Make room for a publisher, here or elsewhere: whoever is on the air goes, a backup waits again."""
        before, on_air.publication = on_air.publication, None
        if before and not self._backups.make_room(on_air.stream.id, before):
            before.part("taken_over", "Another publisher with this stream's key has taken over.")
            before.close("taken_over")

    def relieve(self, on_air: OnAir) -> None:
        """As `Help`."""
        standby = self._backups.ready(on_air.stream.id)
        if standby is None:
            self._tell_vacancy(on_air)
        elif on_air.publication:
            on_air.send_home("silent", "Nothing came from you any more; the backup is on the air.")
        else:
            standby.promote(self.put_on(on_air))

    def wait(self, on_air: OnAir) -> None:
        """Give a publisher the time to come back."""
        window_s = on_air.stream.reconnect_window_s
        expire = partial(self._chores.begin, self._expire, on_air)
        on_air.timer = asyncio.get_running_loop().call_later(window_s, expire)
        if not on_air.leaving:
            self._tell_vacancy(on_air)
            self._chores.begin(self._fill, on_air)

    def _left(self, on_air: OnAir, publication: Publication, reason: str) -> None:
        on_air.end_s = publication.end_s
        if on_air.publication is not publication:
            return
        on_air.publication = None
        _log.info("publisher_left", stream_id=on_air.stream.id, reason=reason)
        standby = None if on_air.leaving else self._backups.ready(on_air.stream.id)
        if standby:
            _log.info("backup_on_air", stream_id=on_air.stream.id)
            standby.promote(self.put_on(on_air))
            return
        self.wait(on_air)

    def _tell_vacancy(self, on_air: OnAir) -> None:
        """A backup may wait at another node."""
        self._chores.begin(self._vacant, on_air)

    async def _expire(self, on_air: OnAir) -> None:
        if on_air.publication is None:  # nobody has come back in the moment since the timer rang
            await self._ending.end(on_air)
