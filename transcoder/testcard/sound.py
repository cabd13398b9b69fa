"""The card's sound: a quiet tone, and a beep that begins with each full second of the time of day."""

from __future__ import annotations

import math
from array import array
from typing import Final

import av

TONE_HZ: Final = 440
TONE_LEVEL: Final = 0.03
BEEP_HZ: Final = 1000
BEEP_LEVEL: Final = 0.25
BEEP_S: Final = 0.08
FADE_S: Final = 0.005
"""Beginning and end of the beep are faded over this time: an edge would click."""


def _level(second: float) -> float:
    """Signal at a place within a second. Both frequencies are whole numbers, so seconds join without a seam."""
    edge = min(second, BEEP_S - second) / FADE_S
    beep = BEEP_LEVEL * min(max(edge, 0.0), 1.0)
    return TONE_LEVEL * math.sin(math.tau * TONE_HZ * second) + beep * math.sin(math.tau * BEEP_HZ * second)


class Sound:
    """One second of mono sound, made once, of which any stretch of any day is cut."""

    def __init__(self, sample_rate: int = 48_000) -> None:
        self.sample_rate = sample_rate
        self._second = array("f", (_level(i / sample_rate) for i in range(sample_rate))).tobytes()

    def samples(self, first: int, count: int) -> av.AudioFrame:
        """`count` samples; `first` counts samples since the Unix epoch, of which only the place in its second matters.

        `count` is at most one second. The frame is 32-bit float, planar, as the AAC encoder wants it.
        """
        frame = av.AudioFrame("fltp", "mono", count)
        frame.sample_rate = self.sample_rate
        start = first % self.sample_rate * 4
        twice = self._second[start:] + self._second[:start]
        frame.planes[0].update(twice[: count * 4].ljust(frame.planes[0].buffer_size, b"\0"))
        return frame
