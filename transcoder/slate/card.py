"""The card that is shown where no picture was given: a calm ground, and two lines of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from transcoder.testcard.canvas import Canvas, Colour
from transcoder.testcard.font import Font

if TYPE_CHECKING:
    import av

GROUND: Final = Colour(38, 140, 120)
INK: Final = 200
FAINT: Final = 110
LINES: Final = (("BACK IN A MOMENT", 0.42, INK, 22), ("THE BROADCAST GOES ON AS SOON AS IT CAN", 0.58, FAINT, 48))
"""Words, how far down they stand, their luma, and how many letters would fill the width."""


def card(width: int, height: int) -> av.VideoFrame:
    """Draw it; both numbers are even."""
    canvas = Canvas(width, height)
    canvas.rectangle(0, 0, width, height, GROUND)
    for words, down, ink, letters in LINES:
        font = Font(max(1, width // (letters * 6)), ink, GROUND.y)
        across = font.width(words)
        if across <= width and font.height < height // 4:
            canvas.text((width - across) // 4 * 2, int(height * down) // 2 * 2, words, font)
    return canvas.frame()
