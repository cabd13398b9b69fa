"""A track that can be read: what it is, when it begins, and its samples, moved to where the film wants them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from origin.vod.demux.isobmff.fragmented import read_fragmented
from origin.vod.demux.isobmff.plain import read_plain
from origin.vod.demux.zero import First

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.sample import Sample
    from media.track import Track
    from origin.vod.demux.isobmff.cut import Cut
    from origin.vod.demux.isobmff.fragmented import Source
    from origin.vod.demux.isobmff.tables import Tables
    from origin.vod.demux.zero import Shift


class Readable(Protocol):
    """Wherever its tables stand."""

    @property
    def track(self) -> Track:
        """What it is."""

    def moved(self, shift: Shift) -> Readable:
        """The same, at other times."""

    def samples(self) -> Iterator[Sample]:
        """From the beginning. Raises MediaError."""


def first_of(readable: Readable) -> First | None:
    """When a track begins; None where it has no samples. Raises MediaError."""
    sample = next(readable.samples(), None)
    return None if sample is None else First(readable.track.timescale, sample.dts, sample.pts)


@dataclass(frozen=True, slots=True)
class PlainTrack:
    """Of a file whose tables stand in moov."""

    track: Track
    data: memoryview
    tables: Tables
    cut: Cut

    def moved(self, shift: Shift) -> PlainTrack:
        """As Readable."""
        return replace(self, cut=self.cut.moved(shift.dts, shift.pts))

    def samples(self) -> Iterator[Sample]:
        """As Readable."""
        return read_plain(self.data, self.tables, self.track.kind, self.cut)


@dataclass(frozen=True, slots=True)
class FragmentedTrack:
    """Of a file in fragments; so many ticks are added to its decode and presentation times."""

    track: Track
    source: Source
    dts: int
    pts: int

    def moved(self, shift: Shift) -> FragmentedTrack:
        """As Readable."""
        return replace(self, dts=self.dts + shift.dts, pts=self.pts + shift.pts)

    def samples(self) -> Iterator[Sample]:
        """As Readable."""
        return read_fragmented(self.source, self.dts, self.pts)
