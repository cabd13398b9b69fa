"""Parts that were never written: numbers alone, for recordings that are too long to have bytes."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from packager.fmp4 import write_init
from packager.mp4 import read_init
from packager.mp4.fragment import Fragment
from packager.mp4.joining import join
from packager.mp4.track import TrackTables
from tests.packager.feed import AAC, VIDEO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.track import Track
    from packager.mp4.quiet import Filler

RUN = (1, 0)


def made(  # noqa: PLR0917 - the columns of a table
    start: int,
    durations: Sequence[int],
    sizes: Sequence[int] | None = None,
    keys: Sequence[int] = (0,),
    offsets: Sequence[int] | None = None,
    at: int = 100,
) -> Fragment:
    """A part; every sample has ten bytes where no `sizes` are given."""
    lengths = array("Q", sizes or [10] * len(durations))
    table = array("I", [min(length, 0xFFFF_FFFF) for length in lengths])
    shown = None if offsets is None else array("i", offsets)
    return Fragment(start, at, at + sum(lengths), table, array("I", durations), keys, shown)


def tables(track: Track = VIDEO, filler: Filler | None = None) -> TrackTables:
    description = read_init(write_init(track))
    return TrackTables(description, description.entry, filler)


def video(*parts: Fragment) -> TrackTables:
    return filled(tables(VIDEO), parts)


def audio(*parts: Fragment) -> TrackTables:
    return filled(tables(AAC), parts)


def filled(track: TrackTables, parts: Sequence[Fragment]) -> TrackTables:
    """Parts of one run, joined."""
    for source, part in enumerate(parts):
        track.add(RUN, source, part)
    join([track])
    return track
