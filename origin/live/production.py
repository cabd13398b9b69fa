"""The writer's side of a broadcast: what the packager asks for is done, told to whoever may follow, and shown.

`carry_out` is the only way in. A teller writes down what has changed and lets viewers see it: as soon as a successor
would know it, be it this node's next process or another node. Bytes are in the spool and the keeper's queue then.
Where other nodes follow they are there no sooner: what the journal has not taken may be another writer's to make, and
nobody may have it, neither from memory nor from the store.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from origin.live.channel import Channel
from origin.live.doubts import Doubts
from origin.live.turnover import Turnover
from packager.commands import Delete, Life, Put
from packager.names import is_init, rendition_of, segment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from origin.live.keeper import Keeper
    from origin.live.recorder import Recorder
    from packager.commands import Command
    from packager.pipeline import LivePackager
    from packager.presentation import Presentation

SETTLE_S: Final = 5.0
"""How long an end waits for what was told to be shown: a journal that is away has been gone without by then."""


def _nothing() -> None:
    pass


class Teller(Protocol):
    """Writes down what a presentation shows, for whoever follows, and lets viewers here see it."""

    def tell(self, renditions: Iterable[str], bodies: Mapping[str, Sequence[bytes]], then: Callable[[], None]) -> None:
        """These windows have changed; `bodies` are the bytes of new parts and init segments by name. Never waits.

        `then` brings them into memory and the store's queue. It must be called before viewers see what has changed, and
        never once somebody else may write the same names.
        """

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
        """Do what the packager asks: memory, store, viewers; the live edge waits for no store."""
        asked = tuple(commands)
        puts = [command for command in asked if isinstance(command, Put)]
        bodies = {put.name: put.body for put in puts if put.life is Life.EDGE or is_init(put.name)}
        if asked:
            self._tell(bodies, {rendition_of(put.name) for put in puts}, partial(self._do, asked))

    def _do(self, commands: Iterable[Command]) -> None:
        for command in commands:
            if isinstance(command, Delete):
                self._delete(command.name)
            else:
                self.spool.put(command)
                self._keep(command)

    def _delete(self, name: str) -> None:
        if not self._recorder:  # recordings list it for ever
            self._doubts.drop(name)
        self.spool.drop(name)
        if self._keeper:
            self._keeper.delete(name)

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

    def _tell(
        self, bodies: Mapping[str, Sequence[bytes]], touched: Iterable[str], then: Callable[[], None] = _nothing
    ) -> None:
        if self._shows_own:  # at once, for what comes in a burst may leave the window before it is written down
            self._look()
        if self._teller:
            self._teller.tell(touched, bodies, then)
        else:
            then()
            self.announce(touched)
