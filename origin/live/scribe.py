"""Keeps the log that a successor goes on from: after every change of a broadcast's presentation, one entry.

Viewers see a change when it is written, some ten milliseconds later: what they were told and a successor does not know
would get another name under the same number, at which players stop.

The log is a snapshot and the entries since. When these have outgrown it, a new snapshot takes their place, so a log
stays about as long as what it describes and writing it costs the same however long a broadcast lasts.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from origin.live.signal import Signal
from packager.diary import Diary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from origin.stores.logbook import Logbook
    from packager.presentation import Presentation

LEAST_GROWTH: Final = 64 * 1024
"""Bytes of entries that may follow the shortest snapshot: some ten seconds."""
GROWTH: Final = 2
"""How many times as long as its snapshot the rest of a log may be."""


class Scribe:
    """Writes one broadcast's log, and lets `announce` show what has changed as soon as it is written."""

    def __init__(
        self,
        logbook: Logbook,
        broadcast_id: str,
        presentation: Presentation,
        announce: Callable[[Iterable[str]], None],
    ) -> None:
        self._logbook = logbook
        self._broadcast_id = broadcast_id
        self._presentation = presentation
        self._announce = announce
        self._diary = Diary(presentation)
        self._left = 0
        self._told = self._written = 0
        self._progress = Signal()

    def tell(
        self,
        renditions: Iterable[str],
        bodies: Mapping[str, Sequence[bytes]],  # noqa: ARG002 - as Teller
        then: Callable[[], None],
    ) -> None:
        """These windows have changed: write it down, then wake viewers. Bytes are in the store's drafts before that.

        So `then` is called at once: whoever goes on here has another epoch, and this process is dead.
        """
        then()
        entry = self._diary.entry()
        self._told += 1
        done = partial(self._wrote, self._told, tuple(renditions))
        if self._left > 0:
            self._left -= len(entry)
            self._logbook.append(self._broadcast_id, entry, done)
            return
        snapshot = Diary(self._presentation).entry()
        self._left = max(LEAST_GROWTH, GROWTH * len(snapshot))
        self._logbook.begin(self._broadcast_id, snapshot, done)

    def _wrote(self, number: int, renditions: Sequence[str]) -> None:
        self._written = number
        self._announce(renditions)
        self._progress.fire()

    async def settled(self) -> None:
        """As Teller."""
        while self._written < self._told:
            await asyncio.shield(self._progress.next())

    async def presentable(self) -> None:
        """As Teller."""
        await self.settled()

    async def close(self) -> None:
        """As Teller."""

    async def forget(self) -> None:
        """The broadcast is over: nobody will go on with it."""
        self._logbook.forget(self._broadcast_id)
