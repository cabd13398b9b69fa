"""The samples of a track whose tables stand in moov."""

from __future__ import annotations

from itertools import dropwhile, islice
from typing import TYPE_CHECKING

from media.sample import Sample
from origin.vod.demux.isobmff.boxes import cut_off

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.track import Kind
    from origin.vod.demux.isobmff.cut import Cut
    from origin.vod.demux.isobmff.tables import Tables


def read_plain(data: memoryview, tables: Tables, kind: Kind, cut: Cut) -> Iterator[Sample]:
    """The samples of `cut`. Raises MediaError where one is not in the file any more."""
    number, length = cut.first, len(data)
    dts = next(islice(tables.decoded(), number, None)) + cut.dts
    reordered = cut.pts - cut.dts
    rows = zip(
        islice(tables.bytes_from(number), cut.end - number),
        islice(tables.durations(), number, None),
        islice(tables.offsets(), number, None),
        strict=False,
    )
    keys = dropwhile(number.__ge__, tables.keys())
    key = next(keys, 0)
    for at, count in _places(tables, number):
        if number == cut.end:
            return
        for size, duration, offset in islice(rows, count):
            number += 1
            end = at + size
            if end > length:
                raise cut_off(length)
            is_key = number == key
            if is_key:
                key = next(keys, 0)
            yield Sample(kind, dts, dts + offset + reordered, duration, is_key, data[at:end])
            dts += duration
            at = end  # noqa: PLW2901 - the next sample of the chunk stands there


def _places(tables: Tables, skipped: int) -> Iterator[tuple[int, int]]:
    """The chunks, and how many samples are in each, without so many samples at the beginning."""
    places = tables.places()
    left = skipped
    for at, count in places:
        if left < count:
            yield at + sum(islice(tables.bytes_from(skipped - left), left)), count - left
            break
        left -= count
    yield from places
