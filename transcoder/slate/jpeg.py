"""JPEG (ITU-T T.81), as far as it must be read to hand a harmless one to a decoder.

Kept are frame, tables and scans, with JFIF's and Adobe's markers, which say what the colours mean. Comments, Exif,
profiles and whatever follows the end go.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from transcoder.slate.limits import Picture, PictureError, check_size

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE: Final = b"\xff\xd8\xff"
_END: Final = 0xD9
_SCAN: Final = 0xDA
_FRAMES: Final = (0xC0, 0xC1, 0xC2)
"""Baseline, extended and progressive, Huffman coded: what browsers and cameras know (table B.1)."""
_OTHER_FRAMES: Final = frozenset(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KEPT: Final = frozenset({*_FRAMES, 0xC4, _SCAN, 0xDB, 0xDD, 0xE0, 0xEE})
"""Also Huffman and quantisation tables, restart interval, APP0 and APP14."""
_COMPONENTS: Final = {1: 1.0, 3: 3.0}
"""Grey, or colour; the bytes a pixel. Four would be inks."""
_MOST_SCANS: Final = 32
"""Each one is a pass over the whole picture; encoders make ten for a progressive one."""
_MOST_SEGMENTS: Final = 1_024
_DEPTH: Final = 8
_FRAME_BYTES: Final = 6
_AFTER_SCAN: Final = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""The next marker that is neither stuffing nor a restart (B.1.1.5)."""


def check(data: bytes) -> Picture:
    """Give what a decoder needs of a JPEG. Raises PictureError."""
    kept = [b"\xff\xd8"]
    size: tuple[int, int] | None = None
    scans = 0
    for marker, body, whole in _segments(data):
        if marker in _OTHER_FRAMES or (marker in _FRAMES and size):
            raise PictureError("The JPEG is of a rare kind (lossless, arithmetic or layered); save it as a plain one.")
        if marker in _FRAMES:
            size = _size(body)
        scans += marker == _SCAN
        if scans > _MOST_SCANS or (scans and size is None):
            raise PictureError("The parts of the JPEG are not in order; save it anew with another program.")
        if marker in _KEPT:
            kept.append(whole)
    if size is None or not scans:
        raise PictureError("The JPEG has no picture in it.")
    return Picture("mjpeg", *size, b"".join([*kept, b"\xff\xd9"]))


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, parameters and whole of each segment up to the end; a scan's whole holds its coded data."""
    if not data.startswith(SIGNATURE):
        raise PictureError("This is no JPEG.")
    at = 2
    for _ in range(_MOST_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":  # fill bytes (B.1.1.2)
            at += 1
        if data[at : at + 1] != b"\xff" or at + 1 >= len(data):
            break
        marker = data[at + 1]
        if marker == _END:
            return
        body = _parameters(data, at + 2)
        end = at + 4 + len(body)
        if marker == _SCAN:
            end = _end_of_scan(data, end)
        yield marker, body, data[at:end]
        at = end
    raise PictureError("The JPEG is damaged, or ends before its picture is whole; send it again.")


def _parameters(data: bytes, at: int) -> bytes:
    length = int.from_bytes(data[at : at + 2], "big")
    body = data[at + 2 : at + length]
    if length < 2 or len(body) < length - 2:  # noqa: PLR2004 - the length counts itself
        raise PictureError("The JPEG is damaged, or ends before its picture is whole; send it again.")
    return body


def _end_of_scan(data: bytes, at: int) -> int:
    found = _AFTER_SCAN.search(data, at)
    if found is None:
        raise PictureError("The JPEG ends before its picture is whole; send it again.")
    return found.start()


def _size(frame: bytes) -> tuple[int, int]:
    """Width and height, refused where decoding would take too much (B.2.2)."""
    if len(frame) < _FRAME_BYTES:
        raise PictureError("The JPEG's header is damaged; send it again.")
    depth, height, width, components = struct.unpack(">BHHB", frame[:_FRAME_BYTES])
    if depth != _DEPTH or components not in _COMPONENTS or len(frame) != _FRAME_BYTES + 3 * components:
        raise PictureError("The JPEG has inks or deep colours; save it in RGB or grey with 8 bits a colour.")
    check_size(width, height, _COMPONENTS[components])
    return width, height
