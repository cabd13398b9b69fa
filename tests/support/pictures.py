"""Pictures that are good, and pictures that somebody sends to hurt: PNG and JPEG, made byte by byte."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final

import av

if TYPE_CHECKING:
    from collections.abc import Sequence

PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
RED: Final = (220, 20, 30)
Pictures = dict[str, tuple[str, bytes]]
"""Media type and bytes, by name."""


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def pixels(width: int, height: int, pixel: Sequence[int] = RED) -> bytes:
    return zlib.compress((b"\0" + bytes(pixel) * width) * height, 9)


def png(width: int = 64, height: int = 48, pixel: Sequence[int] = RED, *extra: bytes, colour: int = 2) -> bytes:
    """One colour; `extra` chunks come before the picture."""
    body = [header(width, height, colour=colour), *extra, chunk(b"IDAT", pixels(width, height, pixel)), chunk(b"IEND")]
    return SIGNATURE + b"".join(body)


@cache
def jpeg(width: int = 64, height: int = 48, colour: tuple[int, int, int] = RED) -> bytes:
    """One colour."""
    encoder = av.VideoCodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuvj420p", Fraction(1)
    frame = av.VideoFrame(width, height, "rgb24")
    frame.planes[0].update(
        b"".join((bytes(colour) * width).ljust(frame.planes[0].line_size, b"\0") for _ in range(height))
    )
    packets = [*encoder.encode(frame.reformat(format="yuvj420p")), *encoder.encode(None)]
    return b"".join(map(bytes, packets))


def _without(data: bytes, piece: bytes) -> bytes:
    assert piece in data
    return data.replace(piece, b"", 1)


def _frame_of(data: bytes) -> int:
    return data.index(b"\xff\xc0")


def _resized(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header tells a lie."""
    at = _frame_of(data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def _with_frame(data: bytes, marker: int, *, depth: int = 8, components: int = 3) -> bytes:
    at = _frame_of(data)
    changed = bytearray(data)
    changed[at + 1], changed[at + 4], changed[at + 9] = marker, depth, components
    return bytes(changed)


def _strange() -> Pictures:
    """Files that are not what they say."""
    good, photo = png(), jpeg()
    return {
        "nothing": (PNG, b""),
        "nothing for a JPEG": (JPEG, b""),
        "text": (PNG, b"GIF89a, or so it says"),
        "text for a JPEG": (JPEG, b"\xff\xd8, or so it says"),
        "a PNG that calls itself JPEG": (JPEG, good),
        "a JPEG that calls itself PNG": (PNG, photo),
        "an SVG": (PNG, b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
    }


def _shapeless() -> Pictures:
    """PNGs whose headers and tables are wrong."""
    good = png()
    idat = chunk(b"IDAT", pixels(64, 48))
    return {
        "a PNG of 2^31 pixels a side": (PNG, SIGNATURE + header(2**31 - 1, 2**31 - 1) + idat + chunk(b"IEND")),
        "a PNG of no width": (PNG, SIGNATURE + header(0, 48) + idat + chunk(b"IEND")),
        "a PNG of 100 megapixels": (PNG, SIGNATURE + header(10_000, 10_000) + idat + chunk(b"IEND")),
        "a PNG of 40 megapixels with 16 bits": (
            PNG,
            SIGNATURE + header(8_000, 5_000, 16, 6) + idat + chunk(b"IEND"),
        ),
        "a PNG of one line of 40 million": (PNG, SIGNATURE + header(40_000_000, 1) + idat + chunk(b"IEND")),
        "an animated PNG": (PNG, png(64, 48, RED, chunk(b"acTL", struct.pack(">II", 2, 0)))),
        "a PNG of two headers": (PNG, png(64, 48, RED, header(4_000, 4_000))),
        "a PNG that begins with another chunk": (PNG, SIGNATURE + chunk(b"tEXt", b"a\0b") + good[8:]),
        "a PNG with an unknown critical chunk": (PNG, png(64, 48, RED, chunk(b"CgBI", b"\0" * 4))),
        "a PNG with a palette of 60,000 colours": (PNG, png(64, 48, RED, chunk(b"PLTE", bytes(180_000)))),
        "a PNG of 3 bits a colour": (PNG, SIGNATURE + header(64, 48, 3) + idat + chunk(b"IEND")),
        "a PNG of another compression": (
            PNG,
            SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 2, 7, 0, 0)) + idat + chunk(b"IEND"),
        ),
    }


def _pointless() -> Pictures:
    """PNGs whose pixels are wrong."""
    good = png()
    idat = chunk(b"IDAT", pixels(64, 48))
    bomb = zlib.compress(bytes(1 << 20), 9)
    return {
        "a PNG's signature alone": (PNG, SIGNATURE),
        "a PNG without pixels": (PNG, _without(good, idat)),
        "a PNG without an end": (PNG, _without(good, chunk(b"IEND"))),
        "a PNG that is cut off": (PNG, good[: len(good) // 2]),
        "a PNG with a wrong checksum": (PNG, good[:-20] + bytes([good[-20] ^ 1]) + good[-19:]),
        "a PNG with something behind it": (PNG, good + b"PK\x03\x04 a zip"),
        "a PNG with another one behind it": (PNG, good + good),
        "a PNG that inflates beyond its size": (
            PNG,
            SIGNATURE + header(64, 48) + chunk(b"IDAT", bomb) + chunk(b"IEND"),
        ),
        "a PNG that promises more than it has": (PNG, SIGNATURE + header(4_000, 4_000) + idat + chunk(b"IEND")),
        "a PNG of pixels that do not inflate": (
            PNG,
            SIGNATURE + header(64, 48) + chunk(b"IDAT", b"\x78\x9c" + b"\xff" * 99) + chunk(b"IEND"),
        ),
        "a PNG of scattered pixels": (
            PNG,
            SIGNATURE + header(64, 48) + idat + chunk(b"IEND")[:0] + chunk(b"PLTE", bytes(6)) + idat + chunk(b"IEND"),
        ),
        "a PNG of a hundred thousand chunks": (PNG, png(64, 48, RED, *[chunk(b"tEXt", b"a\0b")] * 100_000)),
    }


def _blurred() -> Pictures:
    """JPEGs that are wrong."""
    photo = jpeg()
    segment = photo[photo.index(b"\xff\xda") :]
    return {
        "a JPEG's beginning alone": (JPEG, b"\xff\xd8\xff"),
        "a JPEG that is cut off": (JPEG, photo[: len(photo) // 2]),
        "a JPEG without an end": (JPEG, photo[:-2]),
        "a JPEG whose scan is cut off": (JPEG, photo[:-40] + b"\xff\xd9"),
        "a JPEG of 65,535 pixels a side": (JPEG, _resized(photo, 65_535, 65_535)),
        "a JPEG of no height": (JPEG, _resized(photo, 64, 0)),
        "a JPEG that promises more than it has": (JPEG, _resized(photo, 4_000, 4_000)),
        "a JPEG of twelve bits": (JPEG, _with_frame(photo, 0xC1, depth=12)),
        "a lossless JPEG": (JPEG, _with_frame(photo, 0xC3)),
        "an arithmetic JPEG": (JPEG, _with_frame(photo, 0xC9)),
        "a JPEG of four inks": (JPEG, _with_frame(photo, 0xC0, components=4)),
        "a JPEG of a thousand scans": (JPEG, photo[: -len(segment)] + segment[:-2] * 1_000 + b"\xff\xd9"),
        "a JPEG of two frames": (
            JPEG,
            photo[: _frame_of(photo)] + photo[_frame_of(photo) : _frame_of(photo) + 19] + photo[_frame_of(photo) :],
        ),
        "a JPEG with a segment that is longer than the file": (JPEG, b"\xff\xd8\xff\xe0\xff\xff" + photo[4:]),
        "a JPEG with a segment of no length": (JPEG, b"\xff\xd8\xff\xe0\x00\x00" + photo[2:]),
    }


@cache
def hostile() -> Pictures:
    """What must be refused."""
    return _strange() | _shapeless() | _pointless() | _blurred()


@cache
def odd() -> Pictures:
    """What must be taken, though it is unusual."""
    inflating = zlib.compress(bytes(64 << 20), 9)
    photo = jpeg()
    return {
        "a PNG whose text inflates to 64 MB": (
            PNG,
            png(64, 48, RED, chunk(b"zTXt", b"a\0\0" + inflating), chunk(b"iTXt", b"a\0\1\0\0\0" + inflating)),
        ),
        "a PNG whose profile inflates to 64 MB": (PNG, png(64, 48, RED, chunk(b"iCCP", b"a\0\0" + inflating))),
        "a PNG that shines through": (PNG, png(64, 48, (*RED, 128), colour=6)),
        "a grey PNG": (PNG, png(64, 48, (128,), colour=0)),
        "an odd PNG": (PNG, png(65, 47)),
        "a JPEG with another picture behind it": (JPEG, photo + photo),
        "a JPEG with a comment of 64 KB": (JPEG, photo[:2] + b"\xff\xfe\xff\xff" + bytes(65_533) + photo[2:]),
        "a JPEG with fill bytes": (JPEG, photo[:2] + b"\xff\xff" + photo[2:]),
    }
