"""The newest moments of one broadcast, in memory: what viewers at the live edge are served from.

Parts and their segment share the same chunks, so keeping both costs the bytes once. A segment leaves when enough newer
ones of its rendition are here *and* it is durable; until then it is the only copy. Whoever makes segments durable
bounds how long that can take (see `keeper`). Init segments are small and stay.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from packager.commands import Life, Put
from packager.names import is_init, rendition_of

if TYPE_CHECKING:
    from collections.abc import Iterable

GENERATIONS: Final = 3
"""Whole segments a rendition keeps, with their parts: with segments of the target duration these are all whose parts a
low-latency playlist lists (rfc8216bis, 4.4.4.9). Of shorter ones it lists more, and players may ask for a part a while
after it left: those are cut out of their stored segment (`Window.place`)."""
SEGMENT_BYTES: Final = 64 << 20
"""Media that no segment has been made of yet, and so the largest segment there is: 2 s at 200 Mbit/s, the most that a
publisher may send, or the longest GOP that is not cut (10 s) at 53 Mbit/s. With it a publisher holds 256 MiB at the
very most, the open segment and three more, where 6 Mbit/s hold 6 to 8 MB."""


@dataclass(slots=True)
class _Shelf:
    """One rendition: the open segment's parts, then whole segments, newest last."""

    open_parts: list[str] = field(default_factory=list)
    segments: deque[tuple[str, list[str]]] = field(default_factory=deque)


class Spool:
    """Bytes by name, bounded by generations of segments."""

    def __init__(self, generations: int = GENERATIONS) -> None:
        self._generations = generations
        self._bodies: dict[str, tuple[bytes, ...]] = {}
        self._shelves: dict[str, _Shelf] = {}
        self._undurable: set[str] = set()

    def put(self, put: Put) -> None:
        """Take in what the packager made."""
        self._bodies[put.name] = put.body
        if is_init(put.name):
            return
        shelf = self._shelves.setdefault(rendition_of(put.name), _Shelf())
        if put.life is Life.EDGE:
            shelf.open_parts.append(put.name)
            return
        self._undurable.add(put.name)
        shelf.segments.append((put.name, shelf.open_parts))
        shelf.open_parts = []
        while len(shelf.segments) > self._generations:
            self._retire(*shelf.segments.popleft())

    def hold(self, put: Put) -> None:
        """Take in a segment from behind the edge, until it is durable."""
        self._bodies[put.name] = put.body
        self._undurable.add(put.name)

    def get(self, name: str) -> tuple[bytes, ...] | None:
        """The chunks of `name`, or None when they are not in memory."""
        return self._bodies.get(name)

    def durable(self, name: str) -> None:
        """The store has `name`: it may leave memory when its time comes."""
        self._undurable.discard(name)
        if not self._listed(name):
            self._bodies.pop(name, None)

    def drop(self, name: str) -> None:
        """Forget `name` whether or not it is durable."""
        self._undurable.discard(name)
        self._bodies.pop(name, None)

    def __len__(self) -> int:
        """Names in memory."""
        return len(self._bodies)

    def _retire(self, segment: str, parts: Iterable[str]) -> None:
        for part in parts:
            self._bodies.pop(part, None)
        if segment not in self._undurable:
            self._bodies.pop(segment, None)

    def _listed(self, name: str) -> bool:
        if is_init(name):
            return True
        shelf = self._shelves.get(rendition_of(name))
        return shelf is not None and any(segment == name for segment, _ in shelf.segments)
