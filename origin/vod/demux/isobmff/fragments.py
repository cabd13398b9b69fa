"""Movie fragments: moof, and in it the runs of each track (ISO/IEC 14496-12, 8.8)."""

from __future__ import annotations

from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final, NamedTuple

from origin.vod.demux.film import MediaError
from origin.vod.demux.isobmff.boxes import contents, cut_short, fields
from origin.vod.demux.isobmff.columns import blocks, signed

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Mapping

    Rows = Iterator[tuple[int, int, int, int]]

_BASE: Final = 0x1
_DESCRIPTION: Final = 0x2
_DURATION: Final = 0x8
_SIZE: Final = 0x10
_FLAGS: Final = 0x20
_BASE_IS_MOOF: Final = 0x02_0000
"""Of tfhd (8.8.7)."""
_DATA_OFFSET: Final = 0x1
_FIRST_FLAGS: Final = 0x4
_COLUMNS: Final = (0x100, 0x200, 0x400, 0x800)
"""Of trun (8.8.8): duration, size, flags and composition offset of each sample."""
MAX_RUNS: Final = 1 << 20
"""In one fragment: a file that is one fragment, picture by picture and sound between them, has a run for each."""
_SIGN: Final = 1 << 31
_WORD: Final = 1 << 32


class Defaults(NamedTuple):
    """What holds for samples of which nothing else is said (8.8.3)."""

    duration: int = 0
    size: int = 0
    flags: int = 0


class Run(NamedTuple):
    """Samples one behind the other from `at` on; the first is decoded at `start`, None: when the one before ends.

    `rows` are `samples` rows of those columns that `flags` has. `first_flags` holds for the first sample, if not None.
    """

    at: int
    start: int | None
    samples: int
    flags: int
    rows: memoryview
    defaults: Defaults
    first_flags: int | None

    def read(self) -> Rows:
        """Duration, size, flags and composition offset of each."""
        width = _width(self.flags)
        if not width:
            return zip(*(repeat(value, self.samples) for value in (*self.defaults, 0)), strict=True)
        return chain.from_iterable(map(partial(self._block, width), blocks(self.rows, width=width)))

    def _block(self, width: int, words: array[int]) -> Rows:
        columns: list[Iterator[int] | array[int]] = []
        place = 0
        for bit, default in zip(_COLUMNS, (*self.defaults, 0), strict=True):
            if not self.flags & bit:
                columns.append(repeat(default))
                continue
            column = words[place::width]
            columns.append(signed(column) if bit == _COLUMNS[-1] else column)
            place += 1
        return zip(*columns, strict=False)

    def size(self) -> int:
        """How long the samples are together."""
        if not self.flags & _COLUMNS[1]:
            return self.samples * self.defaults.size
        return sum(size for _, size, _, _ in self.read())


def read_defaults(mvex: memoryview) -> dict[int, Defaults]:
    """By number of the track (trex)."""
    found = {}
    for kind, trex in contents(mvex, "mvex"):
        if kind == b"trex":
            (number,) = fields(trex, ">I", 4, "trex")
            found[number] = Defaults(*fields(trex, ">III", 12, "trex"))
    return found


def read_runs(moof: memoryview, start: int, wanted: int, tracks: Mapping[int, Defaults]) -> Iterator[Run]:
    """The runs of track `wanted` in a moof that stands at `start`.

    Where neither tfhd nor trun tells, samples stand behind those of the fragment of a track before, or of the run.
    """
    behind = start
    before: list[memoryview] = []
    for kind, content in contents(moof, "moof"):
        if kind != b"traf":
            continue
        flags, number = fields(_tfhd(content), ">II", 0, "tfhd")
        if number == wanted:
            if not flags & (_BASE | _BASE_IS_MOOF):
                for each in before:
                    behind = _end(each, start, behind, tracks)
                before = []
            yield from _track_runs(content, _Place(start, behind), tracks)
        before.append(content)


def _tfhd(traf: memoryview) -> memoryview:
    """The head of a fragment of a track, which is its first box."""
    kind, content = next(contents(traf, "traf"), (b"", traf))
    if kind != b"tfhd":
        raise MediaError("The file is damaged: a fragment does not say of which track it is.")
    return content


class _Place(NamedTuple):
    """Where the moof begins, and where the samples of the track before end."""

    moof: int
    behind: int


def _end(traf: memoryview, start: int, behind: int, tracks: Mapping[int, Defaults]) -> int:
    """Where the samples of this fragment of a track end."""
    for run in _track_runs(traf, _Place(start, behind), tracks):
        behind = run.at + run.size()
    return behind


def _track_runs(traf: memoryview, place: _Place, tracks: Mapping[int, Defaults]) -> Iterator[Run]:
    base, defaults, time, before = 0, Defaults(), None, None
    for kind, content in contents(traf, "traf", MAX_RUNS):
        if kind == b"tfhd":
            base, defaults = _header(content, place, tracks)
        elif kind == b"tfdt":
            (time,) = fields(content, ">Q" if len(content) and content[0] == 1 else ">I", 4, "tfdt")
        elif kind == b"trun":
            before = _run(content, base, before, time, defaults)
            yield before
            time = None


def _header(tfhd: memoryview, place: _Place, tracks: Mapping[int, Defaults]) -> tuple[int, Defaults]:
    """Where the data is counted from, and what holds for the samples."""
    flags, number = fields(tfhd, ">II", 0, "tfhd")
    at, base = 8, place.moof if flags & _BASE_IS_MOOF else place.behind
    found = tracks.get(number, Defaults())
    if flags & _BASE:
        (base,) = fields(tfhd, ">Q", at, "tfhd")
        at += 8
    if flags & _DESCRIPTION:
        (entry,) = fields(tfhd, ">I", at, "tfhd")
        if entry != 1:
            raise MediaError("A track changes its format on the way, which is not supported.")
        at += 4
    values = list(found)
    for column, bit in enumerate((_DURATION, _SIZE, _FLAGS)):
        if flags & bit:
            (values[column],) = fields(tfhd, ">I", at, "tfhd")
            at += 4
    return base, Defaults(*values)


def _run(trun: memoryview, base: int, before: Run | None, time: int | None, defaults: Defaults) -> Run:
    flags, count = fields(trun, ">II", 0, "trun")
    at, first = 8, None
    if flags & _DATA_OFFSET:
        (offset,) = fields(trun, ">I", at, "trun")
        place = base + (offset - _WORD if offset & _SIGN else offset)
        at += 4
    else:
        place = base if before is None else before.at + before.size()
    if flags & _FIRST_FLAGS:
        (first,) = fields(trun, ">I", at, "trun")
        at += 4
    end = at + 4 * count * _width(flags)
    if end > len(trun):
        raise cut_short("trun")
    if place < 0:
        raise MediaError("The file is damaged: a fragment's samples stand before its beginning.")
    return Run(place, time, count, flags, trun[at:end], defaults, None if flags & _COLUMNS[2] else first)


def _width(flags: int) -> int:
    """How many columns the rows have."""
    return (flags >> 8 & 0xF).bit_count()
