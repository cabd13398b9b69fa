"""Segments of a writer before, saved from its journal while nobody can say yet whether the store has them.

The journal forgets in seconds and a store that hangs says nothing for longer, so they are held: viewers get them from
memory meanwhile. When the store has answered, what it lacks is put. They have only the room that is left of what a
broadcast may hold for the store: what is fresh goes before, and the oldest of them are let go, not given up for lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from origin.live.spool import Spool
    from packager.commands import Put


class Doubts:
    """What is held is in `spool`, and to be added newest first."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._puts: dict[str, Put] = {}
        self.size = 0
        self.resolved: set[str] = set()
        """What was given away to be put."""

    def add(self, put: Put) -> None:
        """Hold an older segment than those before."""
        self._puts[put.name] = put
        self.size += put.size
        self._spool.hold(put)

    def drop(self, name: str) -> None:
        """Nobody can ask for it any more."""
        put = self._puts.pop(name, None)
        if put:
            self.size -= put.size
            self._spool.drop(name)

    def shrink(self, room: int) -> None:
        """Let go of the oldest, until all fits in `room` bytes."""
        while self.size > room:
            self.drop(next(reversed(self._puts)))

    def resolve(self, stored: Collection[str]) -> list[Put]:
        """The store has `stored`; the rest of what is held is to be put, the oldest first. Nothing is held then."""
        held = list(reversed(self._puts.values()))
        self._puts.clear()
        self.size = 0
        for put in held:
            if put.name in stored:
                self._spool.durable(put.name)
        missing = [put for put in held if put.name not in stored]
        self.resolved |= {put.name for put in missing}
        return missing
