"""The samples of a track whose tables stand in fragments, found on the way: nothing tells how many there will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from media.sample import Sample
from media.track import Kind
from origin.vod.demux.film import MediaError
from origin.vod.demux.isobmff.boxes import boxes, cut_off
from origin.vod.demux.isobmff.edits import MAX_TICKS
from origin.vod.demux.isobmff.fragments import read_runs
from origin.vod.demux.isobmff.tables import too_much_media

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from origin.vod.demux.isobmff.fragments import Defaults, Run

_NOT_KEY: Final = 0x0101_0000
"""sample_is_non_sync_sample, or sample_depends_on = 1 or 3 (8.8.3.1): libav takes neither for a key frame."""
MAX_BARREN: Final = 100_000
"""Boxes in a row without a sample of the track, and as many more as there would be of BARREN_BYTES each: a track may be
empty through all of a long film, but a file of nothing but small boxes would keep us busy for an hour."""
BARREN_BYTES: Final = 128
"""A moof with one sample has 100 bytes, and its mdat more than that."""


class Source(NamedTuple):
    """A track in fragments. `data` is the file; the first moof may be looked for from `start` on.

    `defaults` are those of all tracks.
    """

    data: memoryview
    start: int
    number: int
    defaults: Mapping[int, Defaults]
    kind: Kind
    timescale: int


def read_fragmented(source: Source, dts: int, pts: int) -> Iterator[Sample]:
    """The samples from the first key one on, their times moved by so many ticks.

    A sample lasts until the next one; the last one as long as it says. Raises MediaError.
    """
    held: tuple[int, int, bool, memoryview] | None = None
    duration = 0
    for time, offset, lasts, key, data in _units(source):
        start = time + dts
        if held is None:
            if key:
                held, duration = (start, time + offset + pts, key, data), lasts
            continue
        if start <= held[0]:
            if held[0] - start > source.timescale:
                raise MediaError("The file is damaged: a fragment goes back in time.")
            start = held[0] + 1
        yield Sample(source.kind, held[0], held[1], start - held[0], held[2], held[3])
        held, duration = (start, time + offset + pts, key, data), lasts
    if held is not None:
        yield Sample(source.kind, held[0], held[1], duration or 1, held[2], held[3])


def _units(source: Source) -> Iterator[tuple[int, int, int, bool, memoryview]]:
    """Decode time, composition offset, duration, whether it is key, and the bytes, of each sample."""
    data, length = source.data, len(source.data)
    time, spent, all_keys = 0, 0, source.kind is Kind.AUDIO
    for run in _runs(source):
        time, at, first = time if run.start is None else run.start, run.at, run.first_flags
        for duration, size, of_sample, offset in run.read():
            flags, first = (of_sample, None) if first is None else (first, None)
            end = at + size
            spent += size
            if end > length:
                raise cut_off(length)
            if not size or spent > length or time > MAX_TICKS:
                raise _why(size, spent, length)
            yield time, offset, duration, all_keys or not flags & _NOT_KEY, data[at:end]
            time += duration
            at = end


def _why(size: int, spent: int, length: int) -> MediaError:
    if not size:
        return MediaError("The file is damaged: a sample is empty.")
    return too_much_media() if spent > length else MediaError("The file is damaged: its times are those of no film.")


def _runs(source: Source) -> Iterator[Run]:
    """The runs of the track, in the order of the file."""
    barren, since = 0, source.start
    for box in boxes(source.data, source.start):
        barren += 1
        if box.end > len(source.data):
            raise cut_off(len(source.data))
        if box.kind == b"moof":
            for run in read_runs(source.data[box.at : box.end], box.start, source.number, source.defaults):
                barren, since = 0, box.start
                yield run
        if barren > MAX_BARREN + (box.end - since) // BARREN_BYTES:
            raise MediaError("The file is damaged: there are many boxes and no samples in it.")
