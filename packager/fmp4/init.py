"""The init segment: ftyp and moov of one track without samples (CMAF header, ISO/IEC 23000-19, 7.3.1)."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Final

from media.track import Kind
from packager.fmp4.boxes import box, full_box
from packager.fmp4.entries import sample_entry

if TYPE_CHECKING:
    from media.track import Track


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    """A transformation of the picture, by its four whole numbers (ISO/IEC 14496-12, 6.2.2)."""
    return pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 0x4000_0000)


MATRIX: Final = matrix(1, 0, 0, 1)
"""The identity."""
_TURNED: Final = {90: matrix(0, 1, -1, 0), 180: matrix(-1, 0, 0, -1), 270: matrix(0, -1, 1, 0)}
"""Clockwise, by degrees."""
_TRACK_ID: Final = 1
_SHOWN: Final = 7
"""Track enabled, in movie, in preview (8.3.2.3)."""
_SAME_FILE: Final = 1


def write_init(track: Track) -> bytes:
    """Write ftyp and moov."""
    return box(b"ftyp", b"cmfc", pack(">I", 0), b"iso6", b"cmfc") + box(
        b"moov", _mvhd(track), _trak(track), box(b"mvex", full_box(b"trex", 0, 0, pack(">5I", _TRACK_ID, 1, 0, 0, 0)))
    )


def _mvhd(track: Track) -> bytes:
    times = pack(">4I", 0, 0, track.timescale, 0)
    return full_box(b"mvhd", 0, 0, times, pack(">IH10x", 0x10000, 0x100), MATRIX, bytes(24), pack(">I", 2))


def _trak(track: Track) -> bytes:
    volume = 0x100 if track.kind is Kind.AUDIO else 0
    tkhd = full_box(
        b"tkhd",
        0,
        _SHOWN,
        pack(">5I8xHHHH", 0, 0, _TRACK_ID, 0, 0, 0, 0, volume, 0),
        _TURNED.get(track.rotation, MATRIX),
        pack(">II", _fixed(track.width * track.aspect[0] / track.aspect[1]), _fixed(track.height)),
    )
    return box(b"trak", tkhd, _mdia(track))


def _fixed(pixels: float) -> int:
    """16.16; the size before it is turned (8.3.2.3), in square pixels."""
    return round(pixels * 0x10000) & 0xFFFF_FFFF


def _mdia(track: Track) -> bytes:
    mdhd = full_box(b"mdhd", 0, 0, pack(">4IHH", 0, 0, track.timescale, 0, _language(track.language), 0))
    return box(b"mdia", mdhd, handler(track.kind), box(b"minf", media_header(track.kind), _stbl(track)))


def handler(kind: Kind) -> bytes:
    """The hdlr (8.4.3)."""
    code, name = (b"vide", b"Video\0") if kind is Kind.VIDEO else (b"soun", b"Sound\0")
    return full_box(b"hdlr", 0, 0, pack(">I4s12x", 0, code), name)


def media_header(kind: Kind) -> bytes:
    """The vmhd or smhd (12.1.2, 12.2.2), and the dinf that says that samples are in the same file (8.7.1)."""
    header = full_box(b"vmhd", 0, 1, bytes(8)) if kind is Kind.VIDEO else full_box(b"smhd", 0, 0, bytes(4))
    dref = full_box(b"dref", 0, 0, pack(">I", 1), full_box(b"url ", 0, _SAME_FILE))
    return header + box(b"dinf", dref)


def _stbl(track: Track) -> bytes:
    """Sample tables, empty but for the entry: samples come in fragments."""
    return box(
        b"stbl",
        full_box(b"stsd", 0, 0, pack(">I", 1), sample_entry(track)),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )


def _language(code: str) -> int:
    """Three lower-case letters of ISO 639-2/T in 15 bits (8.4.2.3); anything else is `und`."""
    letters = code if len(code) == 3 and code.isascii() and code.isalpha() and code.islower() else "und"  # noqa: PLR2004 - 639-2
    first, second, third = (ord(letter) - 0x60 for letter in letters)
    return first << 10 | second << 5 | third
