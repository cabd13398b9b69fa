"""The header of the file: ftyp, moov, and the head of the one mdat that everything else is in.

It stands in front, so that a player can begin before the end has arrived. Fields are 32 bits wide as long as that is
enough, since not every player reads the wide ones.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from struct import pack
from typing import TYPE_CHECKING, Final

from media.track import Kind
from packager.fmp4.boxes import box, full_box
from packager.fmp4.init import MATRIX, handler, media_header
from packager.mp4.words import big_endian

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.mp4.layout import Chunks
    from packager.mp4.track import TrackTables
    from packager.mp4.words import Buffer

Pieces = list["Buffer"]

_FTYP: Final = box(b"ftyp", b"isom", pack(">I", 0x200), b"isom", b"iso4", b"mp42")
"""iso4: signed composition offsets; mp42: what is asked for by those who know nothing later."""
_SHOWN: Final = 3
"""Track enabled, in movie (ISO/IEC 14496-12, 8.3.2.3)."""
_FULL_VOLUME: Final = 0x100
_32_BITS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class _Timing:
    """When a track is shown: `delay` of nothing, then `duration` (ticks of the movie) from its own `media_time` on."""

    delay: int
    duration: int
    media_time: int


def write_header(tracks: Sequence[TrackTables], chunks: Sequence[Chunks], media: int) -> tuple[Buffer, ...]:
    """Everything that stands before `media` bytes of samples. `tracks` are joined, and their tables are used up."""
    timescale = tracks[0].description.timescale
    timings = _timings(tracks, timescale)
    tables = [_tables(track, each) for track, each in zip(tracks, chunks, strict=True)]

    def moov(base: int, *, wide: bool) -> Pieces:
        traks = [
            _trak(number, track, timing, [*table, *_chunk_offsets(each.positions, base, wide=wide)])
            for number, (track, timing, table, each) in enumerate(zip(tracks, timings, tables, chunks, strict=True), 1)
        ]
        mvhd = _mvhd(timescale, max(each.delay + each.duration for each in timings), len(tracks) + 1)
        return _wrap(b"moov", [mvhd, *(piece for trak in traks for piece in trak)])

    wide = len(_FTYP) + _size(moov(0, wide=True)) + 16 + media >= _32_BITS
    mdat = pack(">I4sQ", 1, b"mdat", 16 + media) if wide else pack(">I4s", 8 + media, b"mdat")
    base = len(_FTYP) + _size(moov(0, wide=wide)) + len(mdat)
    return (_FTYP, *moov(base, wide=wide), mdat)


def _timings(tracks: Sequence[TrackTables], timescale: int) -> list[_Timing]:
    """The movie begins with whatever is shown first; the other track is delayed."""
    shown = [max(track.first_offset, 0) for track in tracks]
    begins = [
        Fraction(track.start + offset, track.description.timescale) for track, offset in zip(tracks, shown, strict=True)
    ]
    return [
        _Timing(
            round((at - min(begins)) * timescale),
            ceil(Fraction(track.end - track.start, track.description.timescale) * timescale),
            offset,
        )
        for track, at, offset in zip(tracks, begins, shown, strict=True)
    ]


def _mvhd(timescale: int, duration: int, next_track: int) -> bytes:
    wide, times = _times(timescale, duration)
    rest = pack(">IH10x", 0x10000, _FULL_VOLUME) + MATRIX + bytes(24) + pack(">I", next_track)
    return full_box(b"mvhd", wide, 0, times, rest)


def _trak(number: int, track: TrackTables, timing: _Timing, tables: Pieces) -> Pieces:
    known = track.description
    wide, times = _times(known.timescale, track.end - track.start)
    mdhd = full_box(b"mdhd", wide, 0, times, pack(">HH", known.language, 0))
    minf = _wrap(b"minf", [media_header(known.kind), *_wrap(b"stbl", tables)])
    mdia = _wrap(b"mdia", [mdhd, handler(known.kind), *minf])
    return _wrap(b"trak", [_tkhd(number, track, timing.delay + timing.duration), _edts(timing), *mdia])


def _tkhd(number: int, track: TrackTables, duration: int) -> bytes:
    wide = duration >= _32_BITS
    known = track.description
    times = pack(">QQIIQ" if wide else ">5I", 0, 0, number, 0, duration)
    volume = _FULL_VOLUME if known.kind is Kind.AUDIO else 0
    size = pack(">II", known.width, known.height)
    return full_box(b"tkhd", wide, _SHOWN, times, pack(">8xHHHH", 0, 0, volume, 0), MATRIX, size)


def _times(timescale: int, duration: int) -> tuple[int, bytes]:
    """Version, and the fields that mvhd and mdhd begin with: created and modified, which are not told, and these."""
    wide = duration >= _32_BITS
    return int(wide), pack(">QQIQ" if wide else ">4I", 0, 0, timescale, duration)


def _edts(timing: _Timing) -> bytes:
    """What comes before the first picture is nothing, and B-frames do not delay it (8.6.6)."""
    if not timing.delay and not timing.media_time:
        return b""
    wide = max(timing.delay, timing.duration) >= _32_BITS
    edits = [(timing.delay, -1)] if timing.delay else []
    edits.append((timing.duration, timing.media_time))
    rows = [pack(">QqHH" if wide else ">IiHH", *edit, 1, 0) for edit in edits]
    return box(b"edts", full_box(b"elst", wide, 0, pack(">I", len(rows)), *rows))


def _tables(track: TrackTables, chunks: Chunks) -> Pieces:
    """All of stbl but where the chunks are. Without stss every sample is a sync sample, without ctts none moves."""
    offsets = track.offsets
    pieces: Pieces = [full_box(b"stsd", 0, 0, pack(">I", 1), track.entry)]
    pieces += _table(b"stts", track.durations.table, 2)
    if not offsets.trivial:
        pieces += _table(b"ctts", offsets.table, 2, version=int(offsets.negative))
    if not track.all_keys:
        pieces += _table(b"stss", track.keys, 1)
    pieces += _table(b"stsc", chunks.runs, 3)
    return [*pieces, *_table(b"stsz", track.sizes, 1, before=bytes(4))]


def _chunk_offsets(positions: array[int], base: int, *, wide: bool) -> Pieces:
    table = array("Q" if wide else "I", [base + position if base else 0 for position in positions])
    return _table(b"co64" if wide else b"stco", table, 1)


def _table(kind: bytes, table: array[int], columns: int, *, version: int = 0, before: bytes = b"") -> Pieces:
    """A full box with the number of rows and the rows; the table is used up."""
    head = full_box(kind, version, 0, before, pack(">I", len(table) // columns))
    rows = big_endian(table)
    return [pack(">I", len(head) + len(rows)) + head[4:], rows]


def _wrap(kind: bytes, pieces: Pieces) -> Pieces:
    """A box around pieces that are too large to be copied."""
    return [pack(">I4s", 8 + _size(pieces), kind), *pieces]


def _size(pieces: Pieces) -> int:
    return sum(map(len, pieces))
