"""PNG (ISO/IEC 15948), as far as it must be read to hand a harmless one to a decoder.

Kept are the chunks that make the picture: IHDR, PLTE, tRNS, IDAT, IEND. All others go: a text or colour profile of some
kilobytes (iTXt, zTXt, iCCP) may inflate to gigabytes, and none of them is needed. Animations are refused.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from transcoder.slate.limits import Picture, PictureError, check_size

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_ANIMATED: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_FRAME: Final = 12
"""Bytes of a chunk beside its data: length, type, CRC (5.3)."""
_MOST_CHUNKS: Final = 4_096
"""Encoders write IDAT by the 8 KB or more: 4 MB are 512 of them."""
_HEADER_BYTES: Final = 13
_MOST_COLOURS: Final = 256
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel by colour type (table 11.1)."""
_ONE_PASS: Final = ((0, 0, 1, 1),)
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and line, and steps, of each pass of an interlaced picture (8.2)."""
_PIECE: Final = 1 << 20
"""Inflated at a time: what is in a picture is counted here, not kept."""
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


@dataclass(frozen=True, slots=True)
class _Header:
    """`bits` a pixel."""

    width: int
    height: int
    bits: int
    interlaced: bool

    @property
    def decoded_bytes(self) -> int:
        """A byte and the pixels a line, in one pass or seven (7.2, 8.2)."""
        passes = _PASSES if self.interlaced else _ONE_PASS
        sizes = [(-((x - self.width) // dx), -((y - self.height) // dy)) for x, y, dx, dy in passes]
        return sum(high * (1 + -(-wide * self.bits // 8)) for wide, high in sizes if wide > 0 and high > 0)


_NO_HEADER: Final = _Header(0, 0, 0, interlaced=False)


def check(data: bytes) -> Picture:
    """Give what a decoder needs of a PNG. Raises PictureError."""
    kept, coded = [SIGNATURE], zlib.decompressobj()
    kinds: list[bytes] = []
    header, decoded = _NO_HEADER, 0
    for kind, body, whole in _chunks(data):
        if kind in _ANIMATED:
            raise PictureError("The picture is an animation; send a still one.")
        if not kinds:
            header = _header(kind, body)
        if kind == b"IDAT":
            decoded += _inflated(coded, body, header.decoded_bytes - decoded)
        if kind in _KEPT:
            _check_chunk(kind, body, kinds)
            kept.append(whole)
            kinds.append(kind)
        elif not kind[0] & 0x20:  # "critical": the picture cannot be understood without it (5.4)
            raise PictureError("The PNG has parts of an unknown kind; save it anew with another program.")
    if kinds[-1:] != [b"IEND"] or not coded.eof or decoded != header.decoded_bytes:
        raise PictureError("The PNG ends before its picture is whole; send it again.")
    return Picture("png", header.width, header.height, b"".join(kept))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Type, data and whole of each chunk, up to IEND, with nothing behind it."""
    if not data.startswith(SIGNATURE):
        raise PictureError("This is no PNG.")
    at = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if at == len(data):
            return
        whole = _chunk(data, at)
        at += len(whole)
        kind = whole[4:8]
        yield kind, whole[8:-4], whole
        if kind == b"IEND" and at < len(data):
            raise PictureError("There is something behind the end of the PNG; save it anew with another program.")
    raise PictureError("The PNG is in too many pieces; save it anew with another program.")


def _chunk(data: bytes, at: int) -> bytes:
    length = int.from_bytes(data[at : at + 4], "big")
    whole = data[at : at + _FRAME + length]
    if len(whole) < _FRAME + length:
        raise PictureError("The PNG ends before its picture is whole; send it again.")
    if zlib.crc32(whole[4:-4]) != int.from_bytes(whole[-4:], "big"):
        raise PictureError("The PNG is damaged (a checksum is wrong); send it again.")
    return whole


def _header(kind: bytes, body: bytes) -> _Header:
    """The header, refused where decoding would take too much (11.2.2)."""
    if kind != b"IHDR" or len(body) != _HEADER_BYTES:
        raise PictureError("The PNG does not begin with its header; save it anew with another program.")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise PictureError("The PNG is of a kind that does not exist; save it anew with another program.")
    header = _Header(width, height, _CHANNELS[colour] * depth, interlaced=interlace == 1)
    check_size(width, height, header.bits / 8)
    return header


def _inflated(coded: zlib._Decompress, body: bytes, most: int) -> int:
    """How many bytes of picture are in a chunk; more than there can be are refused, before memory is filled."""
    found = 0
    while body and not coded.eof:
        try:
            piece = len(coded.decompress(body, _PIECE))
        except zlib.error as error:
            raise PictureError("The PNG is damaged; send it again.") from error
        found += piece
        if found > most:
            raise PictureError("The PNG holds more than its header says; save it anew with another program.")
        if not piece and coded.unconsumed_tail == body:
            break
        body = coded.unconsumed_tail
    return found


def _check_chunk(kind: bytes, body: bytes, before: list[bytes]) -> None:
    """Order and number of the chunks that are kept (5.6), and what a decoder may trip over."""
    repeated = kind != b"IDAT" and kind in before
    scattered = kind == b"IDAT" and kind in before and before[-1] != kind
    late = kind in {b"PLTE", b"tRNS"} and b"IDAT" in before
    oversized = kind in {b"PLTE", b"tRNS"} and len(body) > 3 * _MOST_COLOURS
    if repeated or scattered or late or oversized:
        raise PictureError("The parts of the PNG are not in order; save it anew with another program.")
