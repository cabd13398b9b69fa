"""One stream on the air: its broadcast, and who publishes it now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from origin.catalog.on_air import Writer
    from origin.catalog.streams import Stream
    from origin.live.health import Health
    from origin.live.keeper import Keeper
    from origin.live.production import Production
    from origin.live.publication import Publication
    from origin.live.recorder import Recorder
    from origin.live.shelf import Shelf
    from origin.live.slates.filler import Filler

LINGER_S: Final = 30.0
"""How long an ended broadcast's playlists stay, so that every viewer learns of the end and plays it out."""
START_S: Final = 1.0
"""Media time of a broadcast's first frame: decode times must not be negative, and sound's priming comes before 0."""


@dataclass(slots=True, eq=False)
class OnAir:
    """A stream with a broadcast. `publication` is None while a publisher is waited for, and after the end."""

    stream: Stream
    writer: Writer
    channel: Production
    keeper: Keeper
    shelf: Shelf
    health: Health
    since: float
    held_until: float
    """By the event loop's clock: how long the lease surely holds."""
    recorder: Recorder | None = None
    """Where the broadcast is recorded."""
    publication: Publication | None = None
    end_s: float = START_S
    timer: asyncio.TimerHandle | None = None
    filler: Filler | None = None
    """The slate that is shown while nobody publishes."""
    leaving: bool = False
    """It is being ended, or handed on."""
    noted: asyncio.Event = field(default_factory=asyncio.Event)
    """The catalog knows of the end, the lease is free."""
    kept: asyncio.Event = field(default_factory=asyncio.Event)
    """The store has taken all that it will take."""

    @property
    def state(self) -> str:
        """The stream's state as the contract names it."""
        if self.channel.ended:
            return "ended"
        return "live" if self.publication else "reconnecting"

    @property
    def waiting(self) -> bool:
        """Whether a publisher is waited for."""
        return self.publication is None and not self.leaving

    def send_home(self, code: str, sentence: str) -> None:
        """Part from whoever publishes now."""
        if self.publication:
            self.publication.part(code, sentence)
            self.publication.close(code)

    def cancel_timer(self) -> None:
        """Whatever was to happen later does not."""
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def stop_filling(self) -> None:
        """Take the slate off; what comes next goes on where it ended."""
        if self.filler:
            filler, self.filler = self.filler, None
            filler.stop()

    def position(self) -> Writer:
        """The writer, with the numbers as they stand."""
        packager = self.channel.packager
        return replace(self.writer, next_msn=packager.next_msn, next_discontinuity=packager.discontinuity_sequence + 1)
