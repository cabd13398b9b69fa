"""The card: what stands still is drawn once, what moves is drawn for each picture."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from transcoder.testcard.barcode import BAND, CELLS, encode
from transcoder.testcard.canvas import BLACK_LUMA, WHITE_LUMA, Canvas, Colour
from transcoder.testcard.font import Font

if TYPE_CHECKING:
    import av

GROUND: Final = Colour(28, 132, 124)
WHITE: Final = Colour(WHITE_LUMA)
BALL: Final = Colour(210, 90, 150)
BARS: Final = (
    Colour(180),
    Colour(168, 44, 136),
    Colour(145, 147, 44),
    Colour(133, 63, 52),
    Colour(63, 193, 204),
    Colour(51, 109, 212),
    Colour(28, 212, 120),
)
"""Colour bars of 75 %: grey, yellow, cyan, green, magenta, red, blue (SMPTE RP 219 in BT.709)."""
BARS_BAND: Final = (0.08, 0.40)
RAMP_BAND: Final = (0.40, 0.45)
CLOCK_TOP: Final = 0.50
WORDS_TOP: Final = 0.71
SWEEP_BAND: Final = (0.80, 0.84)
ACROSS_MS: Final = 4000
"""The ball's way from left to right and back."""
FLASH_MS: Final = 80
"""The white corner at each full second, for judging lip sync by eye: two pictures at 30 a second."""


def even(value: float) -> int:
    """Round down to an even number: colour is kept for two by two pixels."""
    return int(value) // 2 * 2


class Card:
    """A test card of one size. `picture` depends on the time that is given to it and on nothing else."""

    def __init__(self, width: int = 1280, height: int = 720, title: str = "HEADWATER TEST CARD") -> None:
        """`width` is a multiple of 64 (the barcode's cells), `height` of 2."""
        if width % CELLS or height % 2:
            raise ValueError(f"a card of {width}x{height}: the width must be a multiple of {CELLS}, the height even")
        self.width, self.height, self.title = width, height, title
        paper = GROUND.y
        self._clock = Font(max(1, width // 80), WHITE_LUMA, paper)
        self._words = Font(max(1, width // 320), 170, paper)
        self._cells = {
            level: bytes([WHITE_LUMA if level else BLACK_LUMA]) * (width // CELLS) for level in (True, False)
        }
        self._ground = self._draw_ground()

    def _band(self, band: tuple[float, float]) -> tuple[int, int]:
        """Top and height in pixels of a band given in shares."""
        top = even(self.height * band[0])
        return top, even(self.height * band[1]) - top

    def _draw_ground(self) -> Canvas:
        canvas = Canvas(self.width, self.height)
        canvas.rectangle(0, 0, self.width, self.height, GROUND)
        top, height = self._band(BARS_BAND)
        edges = [even(self.width * i / len(BARS)) for i in range(len(BARS) + 1)]
        for left, right, colour in zip(edges, edges[1:], BARS, strict=False):
            canvas.rectangle(left, top, right - left, height, colour)
        top, height = self._band(RAMP_BAND)
        canvas.rectangle(0, top, self.width, height, WHITE)
        span = WHITE_LUMA - BLACK_LUMA
        canvas.luma(0, top, bytes(BLACK_LUMA + span * x // self.width for x in range(self.width)), height)
        top, height = self._band(BAND)
        canvas.rectangle(0, top, self.width, height, WHITE)
        return canvas

    def picture(self, unix_ms: int) -> av.VideoFrame:
        """The card as it is at a time of day."""
        canvas = self._ground.copy()
        self._draw_ball(canvas, unix_ms)
        self._draw_words(canvas, unix_ms)
        self._draw_sweep(canvas, unix_ms % 1000)
        top, height = self._band(BAND)
        canvas.luma(0, top, b"".join(map(self._cells.__getitem__, encode(unix_ms))), height)
        return canvas.frame()

    def _draw_words(self, canvas: Canvas, unix_ms: int) -> None:
        now = datetime.fromtimestamp(unix_ms // 1000, UTC)
        figures = f"{now:%H:%M:%S}.{unix_ms % 1000:03}"
        canvas.text(
            even((self.width - self._clock.width(figures)) / 2), even(self.height * CLOCK_TOP), figures, self._clock
        )
        words = f"{self.title}   {now:%Y-%m-%d} UTC"
        canvas.text(
            even((self.width - self._words.width(words)) / 2), even(self.height * WORDS_TOP), words, self._words
        )

    def _draw_sweep(self, canvas: Canvas, ms: int) -> None:
        """A line that fills once a second, and the flash that goes with the beep."""
        top, height = self._band(SWEEP_BAND)
        canvas.luma(0, top, bytes([WHITE_LUMA]) * (self.width * ms // 1000), height)
        if ms < FLASH_MS:
            side = even(self.height * 0.06)
            canvas.rectangle(self.width - side - 8, 8, side, side, WHITE)

    def _draw_ball(self, canvas: Canvas, unix_ms: int) -> None:
        """A ball that crosses the bars and bounces: three hops on each way."""
        top, height = self._band(BARS_BAND)
        radius = even(height / 6)
        way = abs(unix_ms % (2 * ACROSS_MS) / ACROSS_MS - 1)
        hop = way * 3 % 1
        x = even(way * (self.width - 2 * radius)) + radius
        y = even(top + radius + (height - 2 * radius) * (1 - 4 * hop * (1 - hop)))
        for line in range(-radius, radius, 2):
            half = even((radius**2 - (line + 1) ** 2) ** 0.5)
            canvas.rectangle(x - half, y + line, 2 * half, 2, BALL)
