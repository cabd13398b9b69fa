"""Notices broadcasts that nobody sends anything for, though a publisher may be there: a backup is asked for.

A line that is cut without a word leaves a publisher that looks connected for minutes. Where a backup waits, here or at
another node, it is wanted long before; without one, whoever is silent may take the time that its connection takes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from origin.live.on_air import OnAir
    from origin.live.publication import Publication
    from origin.live.register import Register

LOOK_S: Final = 0.25
SILENT_S: Final = 1.25
"""Without a frame. A line that stutters pauses for less, and with a look more it is within the shortest segment (2 s).
Who sends pictures more rarely, and no sound, should not send a backup."""


class Help(Protocol):
    """What can be done for a broadcast that nobody sends anything for."""

    def relieve(self, on_air: OnAir) -> None:
        """Put a backup on the air, if there is one anywhere. Never waits; may be called again and again."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a publication had come, since when it has not come further, and when that was last told.

    By the event loop's clock.
    """

    publication: Publication | None
    frames: int
    since: float
    told_at: float


class Vigil:
    """Looks at all broadcasts of the register. `run` must be running."""

    def __init__(self, register: Register, help_: Help) -> None:
        self._register = register
        self._help = help_
        self._marks: dict[OnAir, _Mark] = {}

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look(asyncio.get_running_loop().time())

    def look(self, now: float) -> None:
        """Look once; of whoever stays silent it is told again when as much time has gone by."""
        marks = {on_air: self._mark(on_air, now) for on_air in self._register if not on_air.leaving}
        silent = [on_air for on_air, mark in marks.items() if now - mark.told_at >= SILENT_S]
        self._marks = marks | {on_air: replace(marks[on_air], told_at=now) for on_air in silent}
        for on_air in silent:
            self._help.relieve(on_air)

    def sends(self, on_air: OnAir) -> bool:
        """Whether somebody publishes, and was not silent at the last look."""
        mark = self._marks.get(on_air)
        heard = mark is None or mark.publication is not on_air.publication or mark.told_at == mark.since
        return on_air.publication is not None and heard

    def _mark(self, on_air: OnAir, now: float) -> _Mark:
        publication, before = on_air.publication, self._marks.get(on_air)
        frames = publication.frames if publication else 0
        if before and (before.publication, before.frames) == (publication, frames):
            return before
        return _Mark(publication, frames, now, now)
