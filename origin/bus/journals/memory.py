"""A journal within one process and one event loop, for the bus `memory:`. Directors that share it act as nodes do."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from origin.bus.journals.protocol import (
    Bounds,
    Fenced,
    Forgotten,
    Past,
    Told,
    checked_bodies,
    checked_broadcast,
    checked_entries,
    checked_snapshot,
)
from origin.bus.protocol import BusError
from origin.bus.queues import Exchange, Queue, units

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BOUNDS: Final = Bounds()


class _Shelf:
    """Bodies by name, oldest first, up to so many bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bodies: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._size = 0

    def put(self, bodies: Mapping[str, bytes], now: float) -> None:
        for name, body in bodies.items():
            self._drop(name)
            self._bodies[name] = (body, now)
            self._size += len(body)
        while self._size > self._max_bytes:
            self._drop(next(iter(self._bodies)))

    def get(self, name: str) -> bytes | None:
        return self._bodies[name][0] if name in self._bodies else None

    def expire(self, before: float) -> None:
        while self._bodies and next(iter(self._bodies.values()))[1] < before:
            self._drop(next(iter(self._bodies)))

    def _drop(self, name: str) -> None:
        body, _ = self._bodies.pop(name, (b"", 0.0))
        self._size -= len(body)


@dataclass(slots=True)
class _History:
    """One broadcast. An empty snapshot: the epoch has no base."""

    epoch: int
    sequence: int
    touched: float
    bodies: _Shelf
    kept: _Shelf
    snapshot: bytes = b""
    entries: list[bytes] = field(default_factory=list)
    size: int = 0
    """Bytes of the entries."""
    based: bool = True
    """Its snapshot is the epoch's own, not a lower one's."""

    @property
    def base(self) -> int:
        return self.sequence - len(self.entries)

    def drop(self, count: int) -> None:
        """Forget the oldest entries."""
        self.size -= sum(map(len, self.entries[:count]))
        del self.entries[:count]


class MemoryJournal:
    """Histories in a dictionary. `clock` gives unix seconds."""

    def __init__(self, bounds: Bounds = BOUNDS, clock: Callable[[], float] = time.time) -> None:
        self._bounds = bounds
        self._clock = clock
        self._histories: dict[str, _History] = {}
        self._exchange: Exchange[Told] = Exchange()
        self._reached = 0
        self._closed = False

    @classmethod
    def open(cls, url: str) -> MemoryJournal:
        """Make a journal; nothing follows the colon."""
        if url != "memory:":
            raise BusError("Write memory: with nothing behind it.")
        return cls()

    async def fence(self, broadcast: str, epoch: int) -> None:
        """Raise the epoch."""
        history = self._find(broadcast)
        if history is None:
            return
        if history.epoch > epoch:
            raise Fenced(broadcast, epoch)
        history.based = history.based and history.epoch == epoch
        history.epoch = epoch

    async def begin(self, broadcast: str, epoch: int, snapshot: bytes) -> int:
        """Replace what is there; its number is higher than any that this journal or one before it has given."""
        checked_snapshot(snapshot)
        now = self._clock()
        self._bury(now)
        history = self._find(broadcast)
        if history is None:
            bounds = self._bounds
            shelves = _Shelf(bounds.bodies_bytes), _Shelf(bounds.kept_bytes)
            history = self._histories[broadcast] = _History(epoch, 0, now, *shelves)
        if history.epoch > epoch:
            raise Fenced(broadcast, epoch)
        history.epoch, history.snapshot, history.touched, history.based = epoch, snapshot, now, True
        history.sequence = self._reached = max(self._reached + 1, int(now * 1_000_000))
        history.drop(len(history.entries))
        self._exchange.lose(broadcast)
        return history.sequence

    async def tell(
        self, broadcast: str, epoch: int, entries: Sequence[bytes], bodies: Mapping[str, Sequence[bytes]]
    ) -> int:
        """Append, keep, and hand to the followers' queues."""
        added, whole = checked_entries(broadcast, entries), checked_bodies(bodies)
        history = self._written_by(broadcast, epoch)
        size = history.size + sum(map(len, added))
        if len(history.entries) + len(added) > self._bounds.entries or size > self._bounds.entries_bytes:
            raise Forgotten(broadcast, "it has too many entries after its snapshot")
        history.bodies.put(whole, history.touched)
        if added:
            history.entries += added
            history.size = size
            history.sequence += len(added)
            self._reached = max(self._reached, history.sequence)
            self._exchange.deliver(broadcast, Told(history.sequence - len(added) + 1, added))
        return history.sequence

    async def rebase(self, broadcast: str, epoch: int, sequence: int, snapshot: bytes) -> None:
        """Drop the entries that the snapshot stands for."""
        checked_snapshot(snapshot)
        history = self._written_by(broadcast, epoch)
        if sequence > history.sequence:
            raise Forgotten(broadcast, "the snapshot stands for more than was told")
        if sequence > history.base:
            history.drop(sequence - history.base)
            history.snapshot = snapshot

    async def keep(self, broadcast: str, epoch: int, bodies: Mapping[str, Sequence[bytes]]) -> None:
        """Put bodies where they do not expire by themselves."""
        whole = checked_bodies(bodies)
        history = self._written_by(broadcast, epoch)
        history.kept.put(whole, history.touched)

    async def forget(self, broadcast: str, epoch: int) -> None:
        """Leave the epoch and the number."""
        history = self._find(broadcast)
        if history is None:
            return
        if history.epoch > epoch:
            raise Fenced(broadcast, epoch)
        history.epoch, history.snapshot = epoch, b""
        history.drop(len(history.entries))
        history.bodies = _Shelf(self._bounds.bodies_bytes)
        history.kept = _Shelf(self._bounds.kept_bytes)
        self._exchange.lose(broadcast)

    async def past(self, broadcast: str, after: int | None = None) -> Past | None:
        """Give all, or what follows `after`."""
        history = self._find(broadcast)
        if history is None or not history.snapshot:
            return None
        if after is not None and history.base <= after <= history.sequence:
            return Past(history.epoch, history.sequence, b"", tuple(history.entries[after - history.base :]))
        return Past(history.epoch, history.sequence, history.snapshot, tuple(history.entries))

    async def sequence(self, broadcast: str) -> int | None:
        """Give the last number."""
        history = self._find(broadcast)
        return None if history is None or not history.snapshot else history.sequence

    async def body(self, broadcast: str, name: str) -> bytes | None:
        """Look among the new and the kept."""
        history = self._find(broadcast)
        if history is None:
            return None
        history.bodies.expire(self._clock() - self._bounds.body_ttl_s)
        body = history.bodies.get(name)
        return history.kept.get(name) if body is None else body

    def follow(self, broadcast: str) -> Queue[Told]:
        """Make a subscription."""
        checked_broadcast(broadcast)
        add, remove = partial(self._join, broadcast), partial(self._exchange.remove, broadcast)
        return Queue(add, remove, lambda told: units(sum(map(len, told.entries))))

    async def close(self) -> None:
        """End all followers."""
        self._closed = True
        self._exchange.end()

    async def _join(self, broadcast: str, queue: Queue[Told]) -> None:
        self._check_open()
        self._exchange.add(broadcast, queue)

    def _find(self, broadcast: str) -> _History | None:
        """Give what is alive."""
        self._check_open()
        history = self._histories.get(checked_broadcast(broadcast))
        dead = history is not None and history.touched < self._clock() - self._bounds.journal_ttl_s
        return None if dead else history

    def _bury(self, now: float) -> None:
        """Drop histories that have expired; each comes with a `begin`, so looking there bounds them."""
        for name in [
            name for name, history in self._histories.items() if history.touched < now - self._bounds.journal_ttl_s
        ]:
            del self._histories[name]

    def _written_by(self, broadcast: str, epoch: int) -> _History:
        """Give the history if this epoch may write to it, and renew its time."""
        history = self._find(broadcast)
        if history is not None and history.epoch > epoch:
            raise Fenced(broadcast, epoch)
        if history is None or history.epoch < epoch or not (history.snapshot and history.based):
            raise Forgotten(broadcast)
        history.touched = self._clock()
        history.bodies.expire(history.touched - self._bounds.body_ttl_s)
        return history

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("The journal is closed.")
