"""A plan on the disk: its header as it is sent, and its table of extents, looked up where it lies.

    head | header | positions | sources | offsets | lengths | names, padded | literals

Numbers are in this machine's byte order, since a plan is never moved: the columns are used through a memory map as they
are, so that an open plan takes no memory of its own, and its pages go when the system needs them. A file that is not
whole, or another machine's, is made anew. Everything here blocks, and belongs into a thread.
"""

from __future__ import annotations

import mmap
import os
import sys
from dataclasses import dataclass
from itertools import islice
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.mp4.layout import Extents
from packager.mp4.planner import FORMAT
from packager.mp4.track import LITERAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.mp4 import Plan
    from packager.mp4.words import Buffer

_HEAD: Final = Struct("=24s40s5Q")
"""Magic, tag, bytes of the header, rows of the table, number and width of names, bytes of literals."""
_MAGIC: Final = (FORMAT + b" " + sys.byteorder.encode()).ljust(24, b"\0")


class PlanFileError(Exception):
    """The file is not a whole plan of this machine's."""


class Stretch(NamedTuple):
    """`length` bytes of the file: from `offset` of the object `name`, or, where that is None, `data`."""

    name: str | None
    offset: int
    length: int
    data: bytes

    def cut(self, start: int, end: int) -> Stretch:
        """Bytes `start` to before `end` of it."""
        return Stretch(self.name, self.offset + start, end - start, self.data[start:end])


def write(plan: Plan, path: Path) -> None:
    """Write it, or replace the one that is there: whoever opens `path` finds a whole plan. Raises OSError."""
    draft = path.with_suffix(".draft")
    try:
        with draft.open("wb") as file:
            file.writelines(_pieces(plan))
            file.flush()
            os.fdatasync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _pieces(plan: Plan) -> Iterator[Buffer]:
    extents, names = plan.extents, [name.encode() for name in plan.names]
    width = max(map(len, names), default=0)
    header = plan.header_size
    yield _HEAD.pack(
        *(_MAGIC, plan.tag.encode(), header, len(extents.positions), len(names), width, len(plan.literals)),
    )
    yield from plan.header
    yield bytes(_padding(header))
    for column in (extents.positions, extents.sources, extents.offsets, extents.lengths):
        yield memoryview(column).cast("B")  # type: ignore[arg-type]  # a plan that was just made has arrays
    yield from (name.ljust(width) for name in names)
    yield plan.literals


def _padding(header: int) -> int:
    """What is missing to where a column of 8-byte numbers may begin."""
    return -(_HEAD.size + header) % 8


@dataclass(frozen=True, slots=True)
class _Places:
    """Where things are in the file."""

    header: int
    positions: int
    sources: int
    offsets: int
    lengths: int
    names: int
    literals: int
    end: int

    @classmethod
    def of(cls, header: int, rows: int, names: int, literals: int) -> _Places:
        positions = _HEAD.size + header + _padding(header)
        sources = positions + 8 * rows
        at = sources + 12 * rows
        return cls(
            *(_HEAD.size, positions, sources, sources + 4 * rows, sources + 8 * rows, at, at + names),
            at + names + literals,
        )


class PlanFile:
    """An open plan. `size` is the planned file's, `tag` what its entity tag is made of."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises PlanFileError, and OSError."""
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _HEAD.size:
                raise PlanFileError
            self._map = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        magic, tag, self.header_size, rows, names, self._width, literals = _HEAD.unpack_from(self._map)
        if magic != _MAGIC:
            raise PlanFileError
        self._places = places = _Places.of(self.header_size, rows, names * self._width, literals)
        if places.end != len(self._map):
            raise PlanFileError
        self.tag = tag.rstrip(b"\0").decode()
        self._extents = Extents(
            self._map[places.positions : places.sources].cast("Q"),
            self._map[places.sources : places.offsets].cast("I"),
            self._map[places.offsets : places.lengths].cast("I"),
            self._map[places.lengths : places.names].cast("I"),
        )
        self.size = self.header_size + self._extents.size

    def header(self, start: int, end: int) -> bytes:
        """Bytes `start` to before `end` of the header."""
        return bytes(self._map[self._places.header + start : self._places.header + min(end, self.header_size)])

    def stretches(self, start: int, end: int, limit: int) -> list[Stretch]:
        """Where bytes `start` to before `end` of the file are, behind the header; at most `limit` stretches of them."""
        cut = self._extents.cut(start - self.header_size, end - self.header_size)
        return [self._stretch(*extent) for extent in islice(cut, limit)]

    def _stretch(self, source: int, offset: int, length: int) -> Stretch:
        if source == LITERAL:
            at = self._places.literals + offset
            return Stretch(None, offset, length, bytes(self._map[at : at + length]))
        at = self._places.names + source * self._width
        return Stretch(bytes(self._map[at : at + self._width]).decode().rstrip(), offset, length, b"")
