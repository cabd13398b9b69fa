"""The writer's side of a broadcast: what the packager asks for is done, told to whoever may follow, and shown.

`carry_out` is the only way in. Bytes go into the spool and the keeper's queue; then a teller writes down what has
changed and lets viewers see it: as soon as a successor would know it, be it this node's next process or another node.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Protocol

from origin.live.channel import Channel
from origin.live.doubts import Doubts
from origin.live.turnover import Turnover
from packager.commands import Delete, Life
from packager.names import is_init, rendition_of, segment_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from origin.live.keeper import Keeper
    from origin.live.recorder import Recorder
    from packager.commands import Command, Put
    from packager.pipeline import LivePackager
    from packager.presentation import Presentation

SETTLE_S: Final = 5.0
"""How long an end waits for what was told to be shown: a journal that is away has been gone without by then."""


class Teller(Protocol):
    """Writes down what a presentation shows, for whoever follows, and lets viewers here see it."""

    def tell(self, renditions: Iterable[str], bodies: Mapping[str, Sequence[bytes]]) -> None:
        """These windows have changed; `bodies` are the bytes of new parts and init segments by name. Never waits."""

    async def settled(self) -> None:
        """Wait until all that was told is shown."""

    async def presentable(self) -> None:
        """Wait until what the channel's presentation says may be seen: a successor would know of it."""

    async def close(self) -> None:
        """Stop; somebody else will go on."""

    async def forget(self) -> None:
        """Stop, and remove what was written down: nobody will go on."""


class Production(Channel):
    """A channel that is written here; `shown` is what viewers see, if not the packager's own presentation."""

    def __init__(self, packager: LivePackager, prefix: str, shown: Presentation | None = None) -> None:
        super().__init__(shown or packager.presentation, prefix)
        self.packager = packager
        self.turnover = Turnover()
        self._doubts = Doubts(self.spool)
        self._keeper: Keeper | None = None
        self._teller: Teller | None = None
        self._recorder: Recorder | None = None

    def record_by(self, recorder: Recorder) -> None:
        """From now on `recorder` sees what is shown."""
        self._recorder = recorder

    def announce(self, renditions: Iterable[str]) -> None:
        """As Channel."""
        super().announce(renditions)
        if not self._shows_own:
            self._look()

    @property
    def _shows_own(self) -> bool:
        """Whether viewers see the packager's own presentation."""
        return self.presentation is self.packager.presentation

    def _look(self) -> None:
        if self._recorder:
            self._recorder.look(self.presentation)

    def keep_with(self, keeper: Keeper) -> None:
        """From now on whole segments go to `keeper`."""
        self._keeper = keeper

    def tell_by(self, teller: Teller) -> None:
        """From now on `teller` writes down what changes."""
        self._teller = teller
        self._tell({}, ())

    def carry_out(self, commands: Iterable[Command]) -> None:
        """Do what the packager asks: memory, store, viewers; none of it waits for another."""
        bodies: dict[str, Sequence[bytes]] = {}
        touched = set()
        for command in commands:
            if isinstance(command, Delete):
                if not self._recorder:  # recordings list it for ever
                    self._doubts.drop(command.name)
                self.spool.drop(command.name)
                if self._keeper:
                    self._keeper.delete(command.name)
                continue
            self.spool.put(command)
            touched.add(rendition_of(command.name))
            if command.life is Life.EDGE or is_init(command.name):
                bodies[command.name] = command.body
            self._keep(command)
        if touched:
            self._tell(bodies, touched)

    def put_again(self, put: Put) -> None:
        """Store a segment of a writer before this one: its place in the playlist is there, and behind the edge."""
        self.spool.hold(put)
        self._keep(put)

    def hold(self, put: Put) -> bool:
        """Have a segment of a writer before this one at hand until `resolve`, the newest first; False: no room is left.

        The store may have it or not. It gives way to what is put meanwhile.
        """
        if self._keeper is None or put.size > self._keeper.room - self._doubts.size:
            return False
        self._doubts.add(put)
        return True

    def resolve(self, stored: Collection[str]) -> set[str]:
        """The store has `stored`: put the rest of what was held. Gives the names of all that was put so."""
        for put in self._doubts.resolve(stored):
            self._keep(put)
        return self._doubts.resolved

    def mark_lost(self, name: str) -> None:
        """A segment that the store did not take is a gap from now on."""
        self.spool.drop(name)
        self.packager.mark_lost(name)
        self._tell({}, {rendition_of(name)})

    async def until_presentable(self) -> None:
        """As Channel."""
        if self._teller:
            await self._teller.presentable()

    def pause(self) -> None:
        """Nobody publishes: viewers get all that there is."""
        self.carry_out(self.packager.pause())

    async def suspend(self) -> None:
        """Somebody else will go on with it, later: what is open is closed, everybody who waits is answered."""
        self.pause()
        self.resolve(())  # perhaps nobody else has it
        await self._settle()
        await self.abandon()

    async def abandon(self) -> None:
        """Somebody else goes on with it already: nothing more is written or shown here."""
        if self._teller:
            await self._teller.close()
        self.end()

    async def finish(self) -> None:
        """Close what is open: playlists get their end, everybody who waits is answered."""
        self.carry_out(self.packager.close())
        self.resolve(())
        self._tell({}, tuple(self.packager.windows))
        await self._settle()
        self.end()

    async def forget(self) -> None:
        """Remove what was written down: nobody will go on with it."""
        if self._teller:
            await self._teller.forget()

    async def _settle(self) -> None:
        if self._teller:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_S):
                    await self._teller.settled()

    def _keep(self, put: Put) -> None:
        if self._keeper is None:
            return
        if put.life is Life.STORED:
            self._keeper.put(put)
            self._doubts.shrink(self._keeper.room)
        else:
            self._keeper.grow(segment_of(put.name), put.body)

    def _tell(self, bodies: Mapping[str, Sequence[bytes]], touched: Iterable[str]) -> None:
        if self._shows_own:  # at once, for what comes in a burst may leave the window before it is written down
            self._look()
        if self._teller:
            self._teller.tell(touched, bodies)
        else:
            self.announce(touched)
