"""The sample tables of one track, and where its bytes are, gathered part by part.

Decode times go on over all runs of a recording, so a track is one sequence of samples; how its runs are joined is in
`joining`. Within a run, where nothing came for a while, the sample before stays until the next one. Presentation times
never move against decode times, nor those of one track against the other's.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from packager.mp4.errors import BadSegmentError, CannotJoinError
from packager.mp4.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.mp4.description import Description
    from packager.mp4.fragment import Fragment
    from packager.mp4.quiet import Filler

MOST_SAMPLES: Final = 1 << 23
"""Of a track: 24 h of 96 pictures a second. At 24 bytes each, two such tracks take 400 MB, and nothing takes more."""
_MOST_TICKS: Final = (1 << 31) - 1
"""Players take a longer stay of a sample for a negative one: 6.6 h at 90 kHz."""
RunKey = tuple[int, int]
"""By which runs are in order: epoch of the writer, and number."""
LITERAL: Final = 0xFFFF_FFFF
"""In place of a source: the bytes are the plan's own."""


class Pieces:
    """Bytes of a track in order: `lengths` from `offsets` of `sources`, which are numbers of objects, or LITERAL.

    `samples` end in each, and the part that it belongs to starts at `starts`, in ticks.
    """

    __slots__ = ("lengths", "offsets", "samples", "sources", "starts")

    def __init__(self) -> None:
        self.sources, self.offsets, self.lengths, self.samples = array("I"), array("I"), array("I"), array("I")
        self.starts = array("q")

    def add(self, source: int, offset: int, length: int, samples: int, start: int) -> None:
        """Append one."""
        self.sources.append(source)
        self.offsets.append(offset)
        self.lengths.append(length)
        self.samples.append(samples)
        self.starts.append(start)

    def extend(self, other: Pieces, first: int, end: int) -> None:
        """Append pieces `first` to before `end` of another."""
        self.sources += other.sources[first:end]
        self.offsets += other.offsets[first:end]
        self.lengths += other.lengths[first:end]
        self.samples += other.samples[first:end]
        self.starts += other.starts[first:end]


@dataclass(slots=True)
class Stretch:
    """A run of the track, or the part of one up to a pause in its sound.

    `start` and `end` are decode times of its first sample and of its end, `sample` and `piece` its first ones, from 0.
    """

    run: RunKey
    start: int
    end: int
    sample: int
    piece: int
    durations: Runs


class TrackTables:
    """What moov says of a track; all times in its ticks.

    `first_offset` is how much later than decoded the first sample is shown. `keys` counts samples from 1, as stss does.
    `start`, `end` and `durations` are those of all runs once they are joined, with `filler` where no sound came.
    """

    def __init__(self, description: Description, entry: bytes, filler: Filler | None = None) -> None:
        self.description = description
        self.entry = entry
        self.filler = filler
        self.start = self.end = self.first_offset = 0
        self.sizes = array("I")
        self.durations = Runs()
        self.offsets = Runs()
        self.keys = array("I")
        self.pieces = Pieces()
        self.stretches: list[Stretch] = []

    @property
    def all_keys(self) -> bool:
        """Whether every sample is a sync sample."""
        return len(self.keys) == len(self.sizes)

    def add(self, run: RunKey, source: int, part: Fragment, sets: tuple[int, int] | None = None) -> None:
        """Take the next part, which is of this run and in object number `source`.

        `sets` are offset and length of the literal that must stand before each of its key frames.

        Raises:
            BadSegmentError: it begins before the one before it.
            CannotJoinError: the table would become too long, or a sample too.
        """
        count, first = len(part.sizes), len(self.sizes) + 1
        if first + count > MOST_SAMPLES:
            raise CannotJoinError("it has more samples than the tables of one file may have")
        stretch = self._stretch(run, part)
        self.sizes.extend(part.sizes)
        self.keys.extend(first + place for place in part.keys)
        stretch.durations.extend(part.durations)
        if part.offsets is None:
            self.offsets.add(0, count)
        else:
            self.offsets.extend(part.offsets)
        stretch.end = part.start + sum(part.durations)
        if sets is None:
            self.pieces.add(source, part.at, part.end - part.at, count, part.start)
        else:
            self._insert(source, part, sets, first - 1)

    def _stretch(self, run: RunKey, part: Fragment) -> Stretch:
        """What goes on, with its last sample's duration mended, or what begins."""
        last = self.stretches[-1] if self.stretches else None
        if last is None:
            self.first_offset = part.offsets[0] if part.offsets else 0
        elif run < last.run:
            raise BadSegmentError("decode times go back")
        elif run == last.run and not (self.filler and self.filler.frames(part.start - last.end)):
            stay(last.durations, part.start - last.end)
            return last
        self.stretches.append(Stretch(run, part.start, part.start, len(self.sizes), len(self.pieces.starts), Runs()))
        return self.stretches[-1]

    def _insert(self, source: int, part: Fragment, sets: tuple[int, int], first: int) -> None:
        """Cut the part before each key frame, and put the literal there: it belongs to the key frame's sample."""
        offset, length = sets
        begins = list(accumulate(part.sizes, initial=part.at))
        cuts = [*part.keys, len(part.sizes)]
        self._piece(source, part, begins, 0, cuts[0])
        for place, after in zip(part.keys, cuts[1:], strict=True):
            self.sizes[first + place] += length
            self.pieces.add(LITERAL, offset, length, 0, part.start)
            self._piece(source, part, begins, place, after)

    def _piece(self, source: int, part: Fragment, begins: Sequence[int], place: int, after: int) -> None:
        """Samples `place` to before `after` of a part."""
        if place < after:
            self.pieces.add(source, begins[place], begins[after] - begins[place], after - place, part.start)


def stay(durations: Runs, late: int) -> None:
    """Let the last sample stay `late` ticks longer, until the next one begins.

    Raises:
        BadSegmentError: that would be before its own beginning.
        CannotJoinError: players could not count so many.
    """
    if late:
        ticks = durations.last + late
        if ticks < 0:
            raise BadSegmentError("decode times go back")
        if ticks > _MOST_TICKS:
            raise CannotJoinError("nothing came for so long that players would lose count")
        durations.replace_last(ticks)
