"""What the headers of movie and track say: clock, language, name, how pictures are turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import children, cut_short, fields, need

if TYPE_CHECKING:
    from origin.vod.demux.isobmff.boxes import Children

_ONE: Final = 1 << 16
_ROTATIONS: Final = {(1, 0, 0, 1): 0, (0, 1, -1, 0): 90, (-1, 0, 0, -1): 180, (0, -1, 1, 0): 270}
"""a, b, c, d of the matrix (ISO/IEC 14496-12, 8.3.2), by degrees clockwise."""
_PACKED: Final = 0x400
"""Below are the languages of the Macintosh (QuickTime File Format, Language Code Values)."""
_MACINTOSH: Final = dict(
    enumerate(("eng", "fra", "ger", "ita", "dut", "swe", "spa", "dan", "por", "nor", "heb", "jpn"))
)
_UNSPECIFIED: Final = 0x7FFF
_NAME_BYTES: Final = 200
"""A name is a line in a player's menu."""
_GENERIC: Final = (
    *("videohandler", "soundhandler", "core media ", "apple ", "iso media file", "mainconcept", "gpac ", "l-smash"),
    *("bento4", "vide", "soun", "video", "audio", "sound", "mp4", "handler", "alias data handler", "vireo", "twitch"),
)
"""What programs write as the name of their handlers begins so (in small letters); nobody calls a track that."""


@dataclass(frozen=True, slots=True)
class TrackHeader:
    """`matrix` is a, b, u, c, d, v, x, y, w of the transformation, as fixed-point numbers."""

    number: int
    matrix: tuple[int, ...]


def movie_timescale(mvhd: memoryview) -> int:
    """Ticks a second of edit lists; raises NotUnderstoodError where the whole movie is turned."""
    wide = _version(mvhd, "mvhd")
    (timescale,) = fields(mvhd, ">I", 20 if wide else 12, "mvhd")
    matrix = fields(mvhd, ">9i", 48 if wide else 36, "mvhd")
    if not timescale:
        raise MediaError("The file is damaged: its clock stands still.")
    if rotation(matrix):
        raise NotUnderstoodError("the movie as a whole is turned")
    return int(timescale)


def track_header(tkhd: memoryview) -> TrackHeader:
    """Read tkhd (8.3.2)."""
    wide = _version(tkhd, "tkhd")
    (number,) = fields(tkhd, ">I", 20 if wide else 12, "tkhd")
    return TrackHeader(number, fields(tkhd, ">9i", 52 if wide else 40, "tkhd"))


def rotation(matrix: tuple[int, ...]) -> int:
    """Degrees clockwise; raises NotUnderstoodError for anything that is not a quarter of a turn."""
    a, b, _, c, d, *_ = matrix
    turned = tuple(value // _ONE if value % _ONE == 0 else 2 for value in (a, b, c, d))
    if turned not in _ROTATIONS:
        raise NotUnderstoodError("pictures are scaled, mirrored or turned by no quarter")
    return _ROTATIONS[turned]


def media_header(mdhd: memoryview) -> tuple[int, str]:
    """Ticks a second, and the language (8.4.2)."""
    wide = _version(mdhd, "mdhd")
    (timescale,) = fields(mdhd, ">I", 20 if wide else 12, "mdhd")
    (code,) = fields(mdhd, ">H", 32 if wide else 20, "mdhd")
    if not timescale:
        raise MediaError("The file is damaged: a track's clock stands still.")
    return int(timescale), language(code)


def language(code: int) -> str:
    """Three letters of five bits each, or a number of the Macintosh."""
    if code < _PACKED:
        return _MACINTOSH.get(code, "und")
    letters = "".join(chr(0x60 + (code >> shift & 0x1F)) for shift in (10, 5, 0))
    return letters if code != _UNSPECIFIED and letters.isalpha() else "und"


def handler(hdlr: memoryview) -> tuple[bytes, str]:
    """Type of the track, and its handler's name where that is one (8.4.3). QuickTime puts its length before it."""
    if len(hdlr) < 12:  # noqa: PLR2004 - version, flags, pre_defined, handler_type
        raise cut_short("hdlr")
    text = bytes(hdlr[24 : 24 + _NAME_BYTES])
    if text and text[0] == len(hdlr) - 25:
        text = text[1:]
    named = _text(text)
    return bytes(hdlr[8:12]), "" if named.lower().startswith(_GENERIC) else named


def track_name(trak: Children, of_handler: str) -> str:
    """What the track is called: by its user data, else by its handler."""
    found = children(trak[b"udta"], "udta") if b"udta" in trak else {}
    return _text(bytes(found.get(b"name", b"")[:_NAME_BYTES])) or of_handler


def _text(data: bytes) -> str:
    text = data.partition(b"\0")[0].decode("utf-8", "ignore")
    return "".join(char for char in text if char.isprintable()).strip()


def _version(box: memoryview, where: str) -> bool:
    """Whether times have 64 bits."""
    if not len(box):
        raise cut_short(where)
    if box[0] > 1:
        raise NotUnderstoodError(f"a {where} box has a version that came later")
    return box[0] == 1


def is_elsewhere(minf: Children) -> bool:
    """Tell whether samples are in another file (8.7.2)."""
    if b"dinf" not in minf:
        return False
    dref = need(children(minf[b"dinf"], "dinf"), b"dref")
    for content in children(dref[8:], "dref").values():
        (flags,) = fields(content, ">I", 0, "dref")
        if not flags & 1:
            return True
    return False
