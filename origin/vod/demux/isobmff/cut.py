"""Which samples of a plain track are given, and when they are shown: what its edit list leaves, as libav does it.

Decoding must begin with a sync sample, so what stands between that and what is to be shown is given as well, and is
shown before 0. Sound is given from a second before, since decoders have to settle: its priming is some of that.
Where an edit begins between two pictures, the first that is shown counts as its beginning.
"""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING, NamedTuple

from media.track import Kind
from origin.vod.demux.film import NotUnderstoodError
from origin.vod.demux.isobmff.columns import pairs

if TYPE_CHECKING:
    from origin.vod.demux.isobmff.edits import Edit
    from origin.vod.demux.isobmff.survey import Surveyed
    from origin.vod.demux.isobmff.tables import Tables


class Cut(NamedTuple):
    """Samples `first` to before `end`; ticks to add to the decode and the presentation times of the tables."""

    first: int
    end: int
    dts: int
    pts: int

    def moved(self, dts: int, pts: int) -> Cut:
        """The same samples, so much later."""
        return self._replace(dts=self.dts + dts, pts=self.pts + pts)


def cut(track: Surveyed, kind: Kind, timescale: int, edit: Edit | None) -> Cut:
    """Raises NotUnderstoodError for an edit that is not simple."""
    if edit is None:
        return Cut(0, track.tables.samples, min(track.least, 0), 0)
    if edit.start >= track.ticks:
        raise NotUnderstoodError("an edit list shows nothing")
    return _pictures(track, edit) if kind is Kind.VIDEO else _sound(track, timescale, edit)


def _sound(track: Surveyed, timescale: int, edit: Edit) -> Cut:
    if track.least or track.most:
        raise NotUnderstoodError("sound is not shown in the order in which it is decoded")
    first, _ = before(track.tables, max(edit.start - timescale, 0) + 1)
    end, _ = (track.tables.samples, 0) if edit.end is None else before(track.tables, edit.end)
    later = edit.delay - edit.start
    return Cut(first - 1, end, later, later)


def _pictures(track: Surveyed, edit: Edit) -> Cut:
    if edit.end is not None and _shows_less(track, edit.end):
        raise NotUnderstoodError("an edit list cuts off the end")
    later = edit.delay - _beginning(track, edit.start)
    return Cut(_last_key(track.tables, edit.start), track.tables.samples, later + min(track.least, 0), later)


def before(tables: Tables, time: int) -> tuple[int, int]:
    """How many samples are decoded before `time`, and when the next one is."""
    number = dts = 0
    for samples, delta in pairs(tables.times):
        if dts + samples * delta >= time:
            wanted = max(-(-(time - dts) // delta), 0) if delta else 0
            return number + wanted, dts + wanted * delta
        number, dts = number + samples, dts + samples * delta
    return number, dts


def _last_key(tables: Tables, time: int) -> int:
    """The last sync sample that is decoded and shown by `time`; the first one where none is."""
    found, keys = 0, tables.keys()
    key = next(keys)
    for number, dts, offset in zip(count(1), tables.decoded(), tables.offsets(), strict=False):
        if dts > time:
            break
        if number == key:
            key = next(keys, 0)
            found = number - 1 if dts + offset <= time else found
    return found


def _beginning(track: Surveyed, time: int) -> int:
    """When the first picture is shown that is shown at `time` or later."""
    shown = zip(track.tables.decoded(), track.tables.offsets(), strict=False)
    begun = earliest = None
    for dts, offset in shown:
        if earliest is not None and dts + track.least >= earliest:
            break
        if dts + offset >= time:
            begun = dts if begun is None else begun
            earliest = dts + offset if earliest is None else min(earliest, dts + offset)
    if begun is None or earliest is None or earliest < begun:
        raise NotUnderstoodError("an edit list begins amid pictures that are shown before they are decoded")
    return earliest


def _shows_less(track: Surveyed, end: int) -> bool:
    """Whether any picture is shown at `end` or later; those decoded long before cannot be."""
    first, _ = before(track.tables, end - track.most)
    shown = zip(track.tables.decoded(), track.tables.offsets(), strict=False)
    return any(dts + offset >= end for dts, offset in islice(shown, first, None))
