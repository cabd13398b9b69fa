"""A broadcast that another node writes, as viewers see it here: its journal read as it grows.

    snapshot → entries as they are told → presentation → waiting viewers woken; bytes fetched when the first one asks

Messages can be lost, so the numbers are compared: a gap, a `Lost`, or a second without news makes the replica look at
the journal itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import structlog

from origin.bus.journals.protocol import BODY_TTL_S, Told
from origin.bus.protocol import BusError
from origin.live.channel import Channel
from packager.diary import DiaryError, apply
from packager.names import number_of, rendition_of
from packager.presentation import Presentation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.bus.journals.protocol import Journal
    from packager.hls.segment import Part

LOOK_S: Final = 1.0
"""How long a lost message may go unnoticed, and how long to wait between tries of a journal that is away."""
KEPT_BYTES: Final = 32 << 20
"""Newest bodies kept for viewers: twenty seconds at 12 Mbit/s, more than any playlist lists parts of."""

_log = structlog.get_logger(__name__)


class Bodies:
    """Bytes of parts and init segments: each fetched once, however many ask at the same time."""

    def __init__(self, journal: Journal, broadcast_id: str) -> None:
        self._journal = journal
        self._broadcast_id = broadcast_id
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._under_way: dict[str, asyncio.Task[bytes | None]] = {}

    async def get(self, name: str) -> bytes | None:
        """The bytes of `name`; None where the journal does not have them (any more), or is away."""
        body = self._kept.get(name)
        if body is not None:
            return body
        task = self._under_way.get(name)
        if task is None:
            task = self._under_way[name] = asyncio.create_task(self._fetch(name))
            task.add_done_callback(lambda _: self._under_way.pop(name))
        return await asyncio.shield(task)

    async def _fetch(self, name: str) -> bytes | None:
        try:
            body = await self._journal.body(self._broadcast_id, name)
        except BusError:
            return None
        if body is not None:
            self._kept[name] = body
            self._size += len(body)
            while self._size > KEPT_BYTES:
                self._size -= len(self._kept.popitem(last=False)[1])
        return body


class Replica(Channel):
    """A channel that follows. `run` must be running for it to grow."""

    def __init__(self, journal: Journal, broadcast_id: str, prefix: str) -> None:
        super().__init__(Presentation(), prefix)
        self.broadcast_id = broadcast_id
        self._journal = journal
        self._bodies = Bodies(journal, broadcast_id)
        self._sequence = -1
        self.grown_at = asyncio.get_running_loop().time()
        """When something new was shown, by the loop's clock."""

    @property
    def lost(self) -> bool:
        """Whether the journal was lost before the broadcast was over; it may have been begun anew."""
        return self.ended and not self.presentation.ended

    def announce(self, renditions: Iterable[str]) -> None:
        """As Channel."""
        self.grown_at = asyncio.get_running_loop().time()
        super().announce(renditions)

    async def load(self) -> bool:
        """Read the journal as it is now; False if there is none. Raises `BusError`."""
        past = await self._journal.past(self.broadcast_id)
        if past is None:
            return False
        entries = [past.snapshot, *past.entries]
        fresh = await asyncio.to_thread(_replayed, entries)
        self.show(fresh)
        self._sequence = past.sequence
        self.announce(fresh.windows)
        if fresh.windows and fresh.ended:
            self.end()
        return True

    async def run(self) -> None:
        """Follow until the broadcast ends or its journal is gone."""
        while not self.ended:
            try:
                await self._follow()
            except BusError as error:
                _log.warning("replica_waits", broadcast_id=self.broadcast_id, problem=str(error))
                await asyncio.sleep(LOOK_S)

    async def _follow(self) -> None:
        async with self._journal.follow(self.broadcast_id) as told:
            if not await self.load():
                self.end()
            while not self.ended:
                try:
                    async with asyncio.timeout(LOOK_S):
                        news = await anext(told)
                except TimeoutError:
                    await self._look()
                    continue
                except StopAsyncIteration:
                    raise BusError("The bus was closed.") from None
                if not (isinstance(news, Told) and self._apply(news)):
                    await self._look(again=True)

    async def _look(self, *, again: bool = False) -> None:
        """See whether something was missed."""
        missed = again or await self._journal.sequence(self.broadcast_id) != self._sequence
        if missed and not await self.load():
            self.end()

    def _apply(self, told: Told) -> bool:
        """Take entries; False if some before them are missing."""
        if told.sequence > self._sequence + 1:
            return False
        fresh = told.entries[self._sequence + 1 - told.sequence :]
        renditions: set[str] = set()
        try:
            for entry in fresh:
                renditions |= apply(self.presentation, entry)
                self._sequence += 1
        except DiaryError:
            return False
        if renditions:
            self.announce(renditions)
        if self.presentation.windows and self.presentation.ended:
            self.end()
        return True

    async def body(self, name: str) -> tuple[bytes, ...] | None:
        """Bytes from the journal: a part, an init segment, or a segment that a slow store need not have yet."""
        parts = self._parts_of(name)
        if parts is None:
            body = await self._bodies.get(name)
            return None if body is None else (body,)
        folder = rendition_of(name)
        pieces: list[bytes] = []
        for part in parts:
            piece = await self._bodies.get(f"{folder}/{part.file}")
            if piece is None:
                return None
            pieces.append(piece)
        return tuple(pieces)

    def _parts_of(self, name: str) -> tuple[Part, ...] | None:
        """The parts of a segment that the journal still has; None where `name` is no such segment."""
        window = self.presentation.windows.get(rendition_of(name))
        segment = window.closed(number_of(name)) if window else None
        if window is None or segment is None or segment.gap or window.age - segment.end > BODY_TTL_S:
            return None
        return segment.parts if name.endswith(f"/{segment.file}") and segment.parts else None


def _replayed(entries: list[bytes]) -> Presentation:
    presentation = Presentation()
    with contextlib.suppress(DiaryError):
        for entry in entries:
            apply(presentation, entry)
    return presentation
