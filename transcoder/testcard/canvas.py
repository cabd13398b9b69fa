"""A picture in planar YUV 4:2:0 that is drawn on in rectangles and rows, without an array library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av

if TYPE_CHECKING:
    from transcoder.testcard.font import Font

BLACK_LUMA: Final = 16
WHITE_LUMA: Final = 235
"""Limits of luma in video range (ITU-R BT.709, 4.6)."""
GREY_CHROMA: Final = 128


@dataclass(frozen=True, slots=True)
class Colour:
    """Luma and the two colour differences, eight bits each, video range, BT.709."""

    y: int
    u: int = GREY_CHROMA
    v: int = GREY_CHROMA


class Canvas:
    """Three planes of bytes. Coordinates are luma pixels; colour is kept for two by two of them."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.y = bytearray([BLACK_LUMA]) * (width * height)
        self.u = bytearray([GREY_CHROMA]) * (width * height // 4)
        self.v = bytearray(self.u)

    def copy(self) -> Canvas:
        """A canvas that looks the same and can be drawn on by itself."""
        twin = object.__new__(Canvas)
        twin.width, twin.height = self.width, self.height
        twin.y, twin.u, twin.v = bytearray(self.y), bytearray(self.u), bytearray(self.v)
        return twin

    def luma(self, x: int, y: int, row: bytes, lines: int = 1) -> None:
        """Draw the same row of luma on so many lines, from (x, y) down."""
        for start in range(y * self.width + x, (y + lines) * self.width + x, self.width):
            self.y[start : start + len(row)] = row

    def rectangle(self, x: int, y: int, width: int, height: int, colour: Colour) -> None:
        """Fill; all four numbers are even."""
        self.luma(x, y, bytes([colour.y]) * width, height)
        half = self.width // 2
        for plane, level in ((self.u, colour.u), (self.v, colour.v)):
            row = bytes([level]) * (width // 2)
            for start in range(y // 2 * half + x // 2, (y + height) // 2 * half + x // 2, half):
                plane[start : start + len(row)] = row

    def text(self, x: int, y: int, words: str, font: Font) -> None:
        """Write in luma only."""
        for number, row in enumerate(font.rows(words)):
            self.luma(x, y + number * font.scale, row, font.scale)

    def frame(self) -> av.VideoFrame:
        """The picture for an encoder; row by row where libav pads its rows to be aligned."""
        made = av.VideoFrame(self.width, self.height, "yuv420p")
        sources = ((self.y, self.width), (self.u, self.width // 2), (self.v, self.width // 2))
        for plane, (source, width) in zip(made.planes, sources, strict=True):
            target = memoryview(plane).cast("B")
            if plane.line_size == width:
                target[: len(source)] = source
                continue
            for line in range(plane.height):
                target[line * plane.line_size : line * plane.line_size + width] = source[
                    line * width : (line + 1) * width
                ]
        return made
