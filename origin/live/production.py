"""The writer's side of a broadcast: what the packager asks for is done, told to whoever may follow, and shown.

`carry_out` is the only way in. Bytes go into the spool first; then viewers learn of them; store and log come last and
are never waited for. What viewers are shown is the packager's own presentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.live.channel import Channel
from packager.commands import Delete, Life
from packager.names import rendition_of, segment_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.live.keeper import Keeper
    from origin.live.scribe import Scribe
    from packager.commands import Command
    from packager.pipeline import LivePackager


class Production(Channel):
    """A channel that is written here."""

    def __init__(self, packager: LivePackager, prefix: str) -> None:
        super().__init__(packager.presentation, prefix)
        self.packager = packager
        self._keeper: Keeper | None = None
        self._scribe: Scribe | None = None

    def keep_with(self, keeper: Keeper) -> None:
        """From now on whole segments go to `keeper`."""
        self._keeper = keeper

    def tell(self, scribe: Scribe) -> None:
        """From now on `scribe` writes down what changes."""
        self._scribe = scribe
        scribe.tell()

    def carry_out(self, commands: Iterable[Command]) -> None:
        """Do what the packager asks: memory, waiting viewers, store, in this order."""
        touched = set()
        for command in commands:
            if isinstance(command, Delete):
                self.spool.drop(command.name)
                if self._keeper:
                    self._keeper.delete(command.name)
                continue
            self.spool.put(command)
            touched.add(rendition_of(command.name))
            if self._keeper is None:
                continue
            if command.life is Life.STORED:
                self._keeper.put(command)
            else:
                self._keeper.grow(segment_of(command.name), command.body)
        if touched:
            self.announce(touched)
            self._note()

    def mark_lost(self, name: str) -> None:
        """A segment that the store did not take is a gap from now on."""
        self.spool.drop(name)
        self.packager.mark_lost(name)
        self._note()

    def pause(self) -> None:
        """Nobody publishes: viewers get all that there is."""
        self.carry_out(self.packager.pause())

    def suspend(self) -> None:
        """Somebody else will go on with it, later: what is open is closed, everybody who waits is answered."""
        self.pause()
        super().end()

    def end(self) -> None:
        """Close what is open: playlists get their end, everybody who waits is answered."""
        self.carry_out(self.packager.close())
        if self._scribe:
            self._scribe.forget()
        super().end()

    def _note(self) -> None:
        if self._scribe:
            self._scribe.tell()
