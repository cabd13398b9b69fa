"""The writer's teller where other nodes follow: nothing is shown to anybody before the journal has it.

Whoever goes on with the broadcast after this node is gone knows the journal and nothing else. So viewers here, too, see
a presentation that is brought up by the journal's own entries, once it has taken them: what one viewer saw, no
successor will take back. A journal that is away would stop the stream; then the catalog is told that the broadcast goes
on without it, which makes a successor pass over the numbers that this writer may have used.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from origin.bus.journals.protocol import MAX_BODY_BYTES, Fenced, Forgotten
from origin.errors import Problem
from origin.observe import metrics
from packager.diary import Diary, apply
from packager.names import is_init

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from origin.bus.journals.protocol import Journal
    from packager.presentation import Presentation

MAX_WAITING: Final = 64
"""Entries that wait for the journal: six seconds of them, while a lease lasts about as long."""
TELL_S: Final = 0.5
"""How long the live edge waits for the journal before it goes on without: within what players hold back."""
RETRY_S: Final = 2.0
"""Between tries of a journal that is away; each costs the live edge `GLANCE_S` at the most."""
GLANCE_S: Final = 0.2
LEAST_ENTRIES: Final = 100
"""Between two snapshots: some ten seconds."""

_log = structlog.get_logger(__name__)


class Standing(Protocol):
    """What the relay asks of the catalog."""

    async def relayed(self, *, yes: bool) -> bool:
        """Note whether all that is shown is in the journal. False if this writer has lost its lease.

        Raises `Problem` while the catalog cannot be written.
        """


@dataclass(frozen=True, slots=True)
class _Batch:
    entry: bytes
    bodies: Mapping[str, Sequence[bytes]]
    then: Callable[[], None]


class Relay:
    """Tells one broadcast's journal what changes, and `announce` what the journal has."""

    def __init__(  # noqa: PLR0913 - what is told, to whom, and who hears of it
        self,
        journal: Journal,
        broadcast_id: str,
        epoch: int,
        *,
        written: Presentation,
        shown: Presentation,
        announce: Callable[[Iterable[str]], None],
        standing: Standing,
        on_fenced: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._broadcast_id = broadcast_id
        self._epoch = epoch
        self._shown = shown
        self._announce = announce
        self._standing = standing
        self._on_fenced = on_fenced
        self._diary = Diary(written)
        apply(shown, self._diary.entry())  # of a broadcast that is gone on with; the journal's base is what is shown
        self._waiting: deque[_Batch] = deque()
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._turn = asyncio.Lock()
        self._based = False
        self._unrelayed = False
        self._fenced = False
        self._entries = 0
        self._sequence = 0
        self._retry_at = 0.0
        self._task = asyncio.create_task(self._run(), name=f"relay {broadcast_id}")

    def tell(
        self,
        renditions: Iterable[str],  # noqa: ARG002 - as Teller
        bodies: Mapping[str, Sequence[bytes]],
        then: Callable[[], None],
    ) -> None:
        """As Teller; the entry itself says which windows have changed."""
        self._waiting.append(_Batch(self._diary.entry(), bodies, then))
        self._idle.clear()
        self._news.set()
        if len(self._waiting) > MAX_WAITING:  # neither journal nor catalog: the lease runs out about now
            self._stop_writing()

    async def settled(self) -> None:
        """Wait until all that was told is shown; if the journal has missed some of it, give it another chance."""
        await self._idle.wait()
        async with self._turn:
            if self._unrelayed:
                with contextlib.suppress(Fenced):
                    await self._tell((), TELL_S)

    async def presentable(self) -> None:
        """As Teller: what is shown has been told, for it is shown only then."""

    async def forget(self) -> None:
        """The broadcast is over, and nobody will follow it any more."""
        await self.close()
        with contextlib.suppress(Problem):
            await self._journal.forget(self._broadcast_id, self._epoch)

    async def close(self) -> None:
        """Stop; what waits is not told."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._idle.set()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                batches = tuple(self._waiting)
                async with self._turn:
                    taken = await self._take(batches)
                if not taken:
                    self._stop_writing()
                    self._idle.set()
                    return
                self._show(batches)
                await self._sum_up()
            self._idle.set()

    def _stop_writing(self) -> None:
        """Tell once: it takes a while to be heeded, and a publisher that has much to send goes on meanwhile."""
        if not self._fenced:
            self._fenced = True
            self._on_fenced()

    def _show(self, batches: Sequence[_Batch]) -> None:
        renditions: set[str] = set()
        for batch in batches:
            self._waiting.popleft()
            batch.then()
            renditions |= apply(self._shown, batch.entry)
        self._announce(renditions)

    async def _take(self, batches: Sequence[_Batch]) -> bool:
        """Have the journal take them, or the catalog know that it has not. False if somebody else is the writer."""
        while True:
            try:
                if self._may_tell() and await self._tell(batches, GLANCE_S if self._unrelayed else TELL_S):
                    return True
                if self._unrelayed or await self._go_without():
                    return True
            except Fenced:
                return False
            await asyncio.sleep(GLANCE_S)

    def _may_tell(self) -> bool:
        return not self._unrelayed or asyncio.get_running_loop().time() >= self._retry_at

    async def _tell(self, batches: Sequence[_Batch], within_s: float) -> bool:
        """One try; False if it failed, and then nobody knows whether it was heard: the next one begins anew."""
        try:
            async with asyncio.timeout(within_s):
                try:
                    await self._write(batches)
                except Forgotten:
                    self._based = False
                    await self._write(batches)
                if self._unrelayed and await self._standing.relayed(yes=True):
                    self._unrelayed = False
                    _log.info("journal_back", broadcast_id=self._broadcast_id)
        except Fenced:
            raise
        except (Problem, TimeoutError) as problem:
            self._based = False
            self._retry_at = asyncio.get_running_loop().time() + RETRY_S
            metrics.journal_failures.inc()
            _log.debug("journal_failed", broadcast_id=self._broadcast_id, problem=str(problem))
            return False
        return True

    async def _write(self, batches: Sequence[_Batch]) -> None:
        journal, broadcast, epoch = self._journal, self._broadcast_id, self._epoch
        bodies = {name: body for batch in batches for name, body in batch.bodies.items()}
        inits = {name: body for name, body in bodies.items() if is_init(name)}
        if not self._based:
            await journal.begin(broadcast, epoch, Diary(self._shown).entry())
            self._based, self._entries = True, 0
        if inits:
            await journal.keep(broadcast, epoch, inits)
        parts = {name: body for name, body in bodies.items() if name not in inits and _fits(body)}
        if not batches:
            return
        self._sequence = await journal.tell(broadcast, epoch, [batch.entry for batch in batches], parts)
        self._entries += len(batches)

    async def _go_without(self) -> bool:
        """Tell the catalog; False while that is away, too. Raises Fenced if the lease is lost."""
        try:
            ours = await self._standing.relayed(yes=False)
        except Problem:
            return False
        if not ours:
            raise Fenced(self._broadcast_id, self._epoch)
        self._unrelayed = True
        _log.warning("journal_away", broadcast_id=self._broadcast_id)
        return True

    async def _sum_up(self) -> None:
        """Let a snapshot take the place of old entries, from time to time."""
        if not self._based or self._entries < LEAST_ENTRIES:
            return
        self._entries = 0
        snapshot = Diary(self._shown).entry()
        with contextlib.suppress(Problem, TimeoutError):  # a failure shows with the next entry, and is dealt with there
            async with asyncio.timeout(TELL_S):
                await self._journal.rebase(self._broadcast_id, self._epoch, self._sequence, snapshot)


def _fits(body: Sequence[bytes]) -> bool:
    """Whether the journal takes it; what it does not take can be had when its segment is stored."""
    return sum(map(len, body)) <= MAX_BODY_BYTES
