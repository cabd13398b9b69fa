"""Edit lists (ISO/IEC 14496-12, 8.6.6): nothing for a while, then the track from some time on, at its own speed."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import children, cut_short, fields, need

if TYPE_CHECKING:
    from origin.vod.demux.isobmff.boxes import Children

_NARROW: Final = Struct(">Iii")
_WIDE: Final = Struct(">Qqi")
_EMPTY: Final = -1
_RATE: Final = 1 << 16
_MOST: Final = 16
"""Rows that are looked at: one that shows something, after some empty ones."""
MAX_TICKS: Final = 1 << 60
"""400 years at a billion ticks a second; whatever is reckoned with such times fits into 64 bits."""


class Edit(NamedTuple):
    """In ticks of the track: shown is what is from `start` to before `end` (None: all), and that begins at `delay`."""

    delay: int
    start: int
    end: int | None


def read_edit(trak: Children, timescale: int, movie_timescale: int, *, fragmented: bool) -> Edit | None:
    """The one edit of a track; None where it has no list.

    Raises NotUnderstoodError for what is more than that. Fragments came after the list was written: its end is no end.
    """
    rows = _rows(trak)
    if not rows:
        return None
    *empty, (duration, start, rate) = rows
    if start < 0 or rate != _RATE or any(time != _EMPTY for _, time, _ in empty):
        raise NotUnderstoodError("an edit list shows the track in pieces, or not at its own speed")
    if not duration and not fragmented:
        raise NotUnderstoodError("an edit list shows nothing")
    delay = sum(_scaled(wait, timescale, movie_timescale) for wait, _, _ in empty)
    end = start + _scaled(duration, timescale, movie_timescale)
    if max(delay, end) > MAX_TICKS:
        raise MediaError("The file is damaged: an edit list is longer than any film.")
    return Edit(delay, start, None if fragmented else end)


def _rows(trak: Children) -> list[tuple[int, int, int]]:
    if b"edts" not in trak:
        return []
    elst = need(children(trak[b"edts"], "edts"), b"elst")
    head, count = fields(elst, ">II", 0, "elst")
    row = _WIDE if head >> 24 else _NARROW
    if 8 + count * row.size > len(elst):
        raise cut_short("elst")
    if count > _MOST:
        raise NotUnderstoodError("an edit list has many rows")
    return [row.unpack_from(elst, 8 + place * row.size) for place in range(count)]


def _scaled(ticks: int, timescale: int, movie_timescale: int) -> int:
    """Movie's ticks to those of the track, to the nearest."""
    return (2 * ticks * timescale + movie_timescale) // (2 * movie_timescale)
