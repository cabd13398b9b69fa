"""Files that people should not bring, and some that they may though few do."""

from __future__ import annotations

import io
import zipfile
from fractions import Fraction
from struct import pack
from typing import TYPE_CHECKING, Final

from media.track import Codec
from tests.support import box_tree
from tests.support.films import SILENT, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.box_tree import Node

HOURS_12: Final = 12 * 3600
TRACKS: Final = 10_000
_SMALLEST: Final = bytes.fromhex("21 10 04 60 8c 1c")
"""A frame of AAC in which nothing is heard."""


def archive() -> bytes:
    """A zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("film.mp4", Recipe(pictures=5).make())
    return buffer.getvalue()


def playlist(*entries: str) -> bytes:
    """HLS that names others."""
    lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:5", *(f"#EXTINF:5,\n{each}" for each in entries), "#EXT-X-ENDLIST", "")
    return "\n".join(lines).encode()


def concatenation(*entries: str) -> bytes:
    """A list for FFmpeg that names others."""
    return "\n".join(("ffconcat version 1.0", *(f"file '{each}'" for each in entries), "")).encode()


def huge_header() -> bytes:
    """A moov of 2 GB, of which the file has 4 KB."""
    return pack(">I4s8s", 16, b"ftyp", b"isom\0\0\2\0") + pack(">I4s", (2 << 30) - 1, b"moov") + bytes(4096)


def _plain(change: Callable[[Node], None]) -> bytes:
    return Recipe(pictures=50, change=change).make()


def many_tracks() -> bytes:
    """A film with its video track ten thousand times."""

    def change(file: Node) -> None:
        (trak,) = box_tree.traks(file, b"vide")
        file.find(b"moov").inside += [trak] * TRACKS

    return _plain(change)


def many_samples() -> bytes:
    """A track that claims four thousand million samples of no size."""

    def change(file: Node) -> None:
        for trak in box_tree.traks(file):
            trak.find(b"mdia", b"minf", b"stbl", b"stsz").body = pack(">3I", 0, 0, 0xFFFF_FFF0)

    return _plain(change)


def negative_samples() -> bytes:
    """A film whose samples last for less than no time."""

    def change(file: Node) -> None:
        for trak in box_tree.traks(file):
            trak.find(b"mdia", b"minf", b"stbl", b"stts").body = box_tree.table([(50, 0xFFFF_FF00)], ">II")

    return _plain(change)


def negative_movie() -> bytes:
    """A film of which edit list and headers say that it lasts for less than no time."""

    def change(file: Node) -> None:
        box_tree.edit(file, [((1 << 32) - 2_000, 1024)])
        for trak in box_tree.traks(file):
            mdhd = trak.find(b"mdia", b"mdhd")
            mdhd.body = mdhd.body[:16] + pack(">i", -5) + mdhd.body[20:]

    return _plain(change)


REFUSED: Final[dict[str, Callable[[], bytes]]] = {
    "nothing": bytes,
    "zeros": lambda: bytes(5_000),
    "a zip": archive,
    "a playlist": lambda: playlist("first.ts"),
    "a list": lambda: concatenation("first.ts"),
    "a moov of 2 GB": huge_header,
    "four thousand million samples": many_samples,
}
"""Nothing can be made of these."""


def slideshow() -> bytes:
    """A picture a minute for twelve hours."""
    return Recipe(audio=SILENT, pictures=720, gop=10, times=lambda number: 60_000 * number).make()


def long_sound(seconds: int = HOURS_12) -> bytes:
    """Sound of so many seconds, in frames as small as they come: two million of them are twelve hours."""
    frames = seconds * 48_000 // 1024
    film = box_tree.read(Recipe(video=None).make())
    mdat = film.find(b"mdat")
    (trak,) = box_tree.traks(film)
    stbl = trak.find(b"mdia", b"minf", b"stbl")
    start = sum(8 + len(node.body) for node in film.inside[: film.inside.index(mdat)]) + 8
    for name, body in {
        b"stsz": pack(">3I", 0, len(_SMALLEST), frames),
        b"stts": box_tree.table([(frames, 1024)], ">II"),
        b"stsc": box_tree.table([(1, frames, 1)], ">3I"),
        b"stco": box_tree.table([(start,)], ">I"),
    }.items():
        stbl.find(name).body = body
    for name in (b"sgpd", b"sbgp"):
        stbl.remove(name)
    trak.remove(b"edts")
    mdat.body = _SMALLEST * frames
    return box_tree.write(film)


def large_picture(codec: Codec = Codec.H264) -> bytes:
    """Two pictures of 7680 by 4320."""
    return Recipe(codec, audio=SILENT, pictures=2, size=(7680, 4320)).make()


def second_by_second() -> bytes:
    """A picture a second."""
    return Recipe(audio=SILENT, rate=Fraction(1), pictures=5).make()
