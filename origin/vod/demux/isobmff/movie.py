"""A file as a whole: which boxes it has, which tracks, and how their times stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.vod.demux.film import LeftOut, MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import boxes, children, contents, cut_off, need
from origin.vod.demux.isobmff.fragments import read_defaults
from origin.vod.demux.isobmff.headers import movie_timescale
from origin.vod.demux.isobmff.reading import first_of
from origin.vod.demux.isobmff.traks import EMPTY, Surroundings, chapters_of, read_trak, track_number
from origin.vod.demux.zero import shifts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from media.sample import Sample
    from media.track import Track
    from origin.vod.demux.isobmff.boxes import Box
    from origin.vod.demux.isobmff.reading import Readable

MAX_TRACKS: Final = 64
"""Thirty languages with as many subtitles. Each costs a pass through the file."""
MAX_TOP: Final = 100_000
"""Boxes before moov: a file of nothing else would keep us busy for minutes."""
_BEGINNINGS: Final = frozenset(
    {
        b"ftyp",
        b"styp",
        b"moov",
        b"moof",
        b"mdat",
        b"free",
        b"skip",
        b"wide",
        b"pnot",
        b"sidx",
        b"uuid",
        b"prft",
        b"emsg",
    }
)


@dataclass(frozen=True, slots=True)
class _Top:
    """Content of moov, and where the first moof is, if there is one."""

    moov: memoryview
    moof: int | None


class Movie:
    """An MP4 or MOV file in a buffer; `Film` but for `close`. Raises MediaError and NotUnderstoodError."""

    def __init__(self, data: memoryview) -> None:
        self._readable, self._left_out = _begin(_read(_top(data), data))
        self._tracks = [each.track for each in self._readable]

    @property
    def tracks(self) -> Sequence[Track]:
        """As Film."""
        return self._tracks

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """As Film."""
        return self._left_out

    def samples(self, track: int) -> Iterator[Sample]:
        """As Film."""
        return self._readable[track].samples()


def _top(data: memoryview) -> _Top:
    """Look for moov and the first moof. Raises MediaError where there is no moov, or not all of it.

    Whether samples are missing shows when they are looked for: behind moov, anything may stand that is no box.
    """
    moov = None
    if not len(data):
        raise MediaError("The file is empty.")
    try:
        for number, box in enumerate(boxes(data)):
            if box.kind == b"moof" and moov is not None:
                return _Top(moov, box.start)
            _check_top(data, box, number)
            if box.kind == b"moov" and moov is None:
                moov = data[box.at : box.end]
    except MediaError:
        if moov is None:
            raise
    if moov is None:
        raise MediaError("The file has no index (moov): it was cut off, or whoever wrote it did not come to an end.")
    return _Top(moov, None)


def _check_top(data: memoryview, box: Box, number: int) -> None:
    if not number and box.kind not in _BEGINNINGS:
        raise NotUnderstoodError("this is no MP4")
    if box.end > len(data):
        raise cut_off(len(data))
    if number > MAX_TOP:
        raise MediaError("The file is damaged: there are many boxes and no samples in it.")


def _read(top: _Top, data: memoryview) -> list[Readable | LeftOut]:
    """All tracks, in the order of the file."""
    moov = children(top.moov, "moov")
    if b"cmov" in moov:
        raise NotUnderstoodError("the index is compressed")
    traks = [content for kind, content in contents(top.moov, "moov") if kind == b"trak"]
    if len(traks) > MAX_TRACKS:
        raise MediaError(f"The file has {len(traks)} tracks; {MAX_TRACKS} are the most that are packaged.")
    if len(set(map(track_number, traks))) < len(traks):
        raise NotUnderstoodError("two tracks have the same number")
    file = Surroundings(
        *(data, movie_timescale(need(moov, b"mvhd")), top.moof),
        read_defaults(moov[b"mvex"]) if b"mvex" in moov else {},
        frozenset().union(*map(chapters_of, traks)),
    )
    return [read_trak(content, index, file) for index, content in enumerate(traks)]


def _begin(found: Sequence[Readable | LeftOut]) -> tuple[list[Readable], list[LeftOut]]:
    """Let the film begin with 0. A track in fragments shows only now whether it has any."""
    readable, firsts, left_out = [], [], []
    for index, each in enumerate(found):
        if isinstance(each, LeftOut):
            left_out.append(each)
        elif (first := first_of(each)) is None:
            left_out.append(LeftOut(index, each.track.kind, each.track.codec, each.track.language, EMPTY))
        else:
            readable.append(each)
            firsts.append(first)
    if not readable:
        raise MediaError("The file holds no pictures and no sound that can be packaged.")
    return [each.moved(shift) for each, shift in zip(readable, shifts(firsts), strict=True)], left_out
