"""The writer's side of a broadcast: what the packager asks for is done, told to whoever may follow, and shown.

`carry_out` is the only way in. Bytes go into the spool first; then viewers learn of them; the store comes last and is
never waited for. What viewers are shown is the packager's own presentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.live.channel import Channel
from packager.commands import Delete, Life
from packager.names import rendition_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.live.keeper import Keeper
    from packager.commands import Command
    from packager.pipeline import LivePackager


class Production(Channel):
    """A channel that is written here."""

    def __init__(self, packager: LivePackager, prefix: str) -> None:
        super().__init__(packager.presentation, prefix)
        self.packager = packager
        self._keeper: Keeper | None = None

    def keep_with(self, keeper: Keeper) -> None:
        """From now on whole segments go to `keeper`."""
        self._keeper = keeper

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
            if command.life is Life.STORED and self._keeper:
                self._keeper.put(command)
        if touched:
            self.announce(touched)

    def mark_lost(self, name: str) -> None:
        """A segment that the store did not take is a gap from now on."""
        self.spool.drop(name)
        self.packager.mark_lost(name)

    def end(self) -> None:
        """Close what is open: playlists get their end, everybody who waits is answered."""
        self.carry_out(self.packager.close())
        super().end()
