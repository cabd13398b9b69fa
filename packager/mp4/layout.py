"""The order of a file's media: a second of one track, a second of the other, so that both are at hand in time."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.mp4.track import Pieces, TrackTables

_CHUNK_S: Final = 1
"""What players keep of one track while they look for the other; ffmpeg writes as much."""


class Extent(NamedTuple):
    """`length` bytes from `offset` of object number `source`, or of the plan's literals where that is LITERAL."""

    source: int
    offset: int
    length: int


class Extents:
    """Where the bytes of the media are: columns of one table, whose rows follow each other in the file.

    `positions` are counted from the first byte of the media. Any sequence of numbers will do for a column, so that a
    table may rest in a file.
    """

    __slots__ = ("lengths", "offsets", "positions", "sources")

    def __init__(
        self, positions: Sequence[int], sources: Sequence[int], offsets: Sequence[int], lengths: Sequence[int]
    ) -> None:
        self.positions, self.sources, self.offsets, self.lengths = positions, sources, offsets, lengths

    @property
    def size(self) -> int:
        """Bytes of the media in all."""
        return self.positions[-1] + self.lengths[-1] if len(self.positions) else 0

    def cut(self, start: int, end: int) -> Iterator[Extent]:
        """The extents that make up bytes `start` to before `end` of the media; the first and the last may be cut."""
        row = max(bisect_right(self.positions, start) - 1, 0)
        while start < end and row < len(self.positions):
            skipped = start - self.positions[row]
            length = min(self.lengths[row] - skipped, end - start)
            if length:
                yield Extent(self.sources[row], self.offsets[row] + skipped, length)
            start += length
            row += 1


@dataclass(slots=True)
class Chunks:
    """The chunks of one track (ISO/IEC 14496-12, 8.7.4 and 8.7.5).

    `positions` counts bytes of the media; `runs` is the table of stsc: first chunk, samples a chunk, sample entry.
    """

    positions: array[int] = field(default_factory=lambda: array("Q"))
    runs: array[int] = field(default_factory=lambda: array("I"))

    def add(self, position: int, samples: int) -> None:
        """Append a chunk."""
        self.positions.append(position)
        if not self.runs or self.runs[-2] != samples:
            self.runs.extend((len(self.positions), samples, 1))


def lay_out(tracks: Sequence[TrackTables]) -> tuple[Extents, list[Chunks]]:
    """Put the pieces of all tracks in order; the chunks are given by track."""
    sources, offsets, lengths = array("I"), array("I"), array("I")
    chunks, position = [Chunks() for _ in tracks], 0
    for number, first, end in _turns(tracks):
        pieces = tracks[number].pieces
        chunks[number].add(position, sum(pieces.samples[first:end]))
        sources += pieces.sources[first:end]
        offsets += pieces.offsets[first:end]
        lengths += pieces.lengths[first:end]
        position += sum(pieces.lengths[first:end])
    positions = array("Q", accumulate(lengths, initial=0))
    positions.pop()
    return Extents(positions, sources, offsets, lengths), chunks


def _turns(tracks: Sequence[TrackTables]) -> Iterator[tuple[int, int, int]]:
    """Track, first piece and end of its pieces, chunk by chunk: always a second of the track that is least far."""
    at = [0] * len(tracks)
    while left := [number for number, track in enumerate(tracks) if at[number] < len(track.pieces.starts)]:
        number = min(left, key=lambda each: _seconds(tracks[each], at[each]))
        pieces, first = tracks[number].pieces, at[number]
        until = pieces.starts[first] + _CHUNK_S * tracks[number].description.timescale
        at[number] = _end_of_turn(pieces, first, until)
        yield number, first, at[number]


def _end_of_turn(pieces: Pieces, first: int, until: int) -> int:
    return bisect_left(pieces.starts, until, first + 1)


def _seconds(track: TrackTables, piece: int) -> float:
    return track.pieces.starts[piece] / track.description.timescale
