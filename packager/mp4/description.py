"""Reads an init segment of ours: what its track is, and the sample entry for its decoder."""

from __future__ import annotations

from dataclasses import dataclass
from struct import error as struct_error
from struct import unpack_from
from typing import TYPE_CHECKING, Final

from media.track import Kind
from packager.mp4.errors import BadSegmentError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_INIT_BYTES: Final = 1 << 20
"""Ours have 700 bytes and the decoder's configuration, which a publisher sent in one message."""
_KINDS: Final = {b"vide": Kind.VIDEO, b"soun": Kind.AUDIO}
_MDIA: Final = (b"moov", b"trak", b"mdia")
_TKHD_SIZE_AT: Final = 76
"""Width and height of a track header of version 0 (ISO/IEC 14496-12, 8.3.2)."""
_MDHD_TIMESCALE_AT: Final = 12
_MDHD_LANGUAGE_AT: Final = 20
_HDLR_TYPE_AT: Final = 8
_STSD_ENTRY_AT: Final = 8


@dataclass(frozen=True, slots=True)
class Description:
    """`entry` is the whole sample entry. `timescale` is ticks a second; `language` is packed as in mdhd.

    `width` and `height` are 16.16 pixels as in tkhd; 0 for sound.
    """

    kind: Kind
    timescale: int
    language: int
    width: int
    height: int
    entry: bytes

    @property
    def codec(self) -> bytes:
        """Type of the sample entry, such as avc1."""
        return self.entry[4:8]


def read_init(data: bytes) -> Description:
    """Read one. Raises BadSegmentError."""
    try:
        tkhd, mdhd = find(data, b"moov", b"trak", b"tkhd"), find(data, *_MDIA, b"mdhd")
        stsd = find(data, *_MDIA, b"minf", b"stbl", b"stsd")
        handler = find(data, *_MDIA, b"hdlr")[_HDLR_TYPE_AT : _HDLR_TYPE_AT + 4]
        (entries,) = unpack_from(">I", stsd, 4)
        [(_, entry)] = boxes(stsd[_STSD_ENTRY_AT:])
        (timescale,) = unpack_from(">I", mdhd, _MDHD_TIMESCALE_AT)
        (language,) = unpack_from(">H", mdhd, _MDHD_LANGUAGE_AT)
        width, height = unpack_from(">II", tkhd, _TKHD_SIZE_AT)
        if entries != 1 or not timescale:
            raise BadSegmentError("an init segment describes no track, or several")
        return Description(_KINDS[handler], timescale, language, width, height, entry)
    except (KeyError, ValueError, struct_error) as error:
        raise BadSegmentError("an init segment is damaged") from error


def find(data: bytes, *path: bytes) -> bytes:
    """The payload of a box by its path. Raises ValueError."""
    for kind, whole in boxes(data):
        if kind == path[0]:
            return find(whole[8:], *path[1:]) if path[1:] else whole[8:]
    raise ValueError("a box is missing")


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and bytes of each box, head and all; together they are `data`. Raises ValueError."""
    at = 0
    while at < len(data):
        if len(data) - at < 8:  # noqa: PLR2004 - size and type (ISO/IEC 14496-12, 4.2)
            raise ValueError("a box has no head")
        size, kind = unpack_from(">I4s", data, at)
        if not 8 <= size <= len(data) - at:  # noqa: PLR2004 - as above; 0 and 1 are not written
            raise ValueError("a box does not fit into its own")
        yield kind, data[at : at + size]
        at += size
