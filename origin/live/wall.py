"""Which wall-clock time belongs to media time 0: what EXT-X-PROGRAM-DATE-TIME is made from.

A frame cannot arrive before it was made, so the earliest arrivals, relative to their media time, are nearest the truth;
delays only add. The anchor follows when the least of recent offsets has moved away for good: the publisher's clock
drifts, or it paused and its jump in time was mended away. Pure: the time is an argument.
"""

from __future__ import annotations

from collections import deque
from typing import Final

TOLERANCE_S: Final = 0.3
"""Nearer than this the anchor stays, so that network jitter does not make dates wander."""
RECENT: Final = 8
"""Observations that must agree before the anchor moves: about 16 s of key frames."""
SPACING_S: Final = 1.0
"""Media time between observations; sound alone would bring 47 a second."""


class WallAnchor:
    """Unix time of media time 0, in seconds."""

    def __init__(self, at_zero: float) -> None:
        self.at_zero = at_zero
        self._offsets: deque[float] = deque(maxlen=RECENT)
        self._observed_s = float("-inf")

    def observe(self, now: float, media_s: float) -> bool:
        """Compare an arrival with its media time; True when the anchor has moved."""
        if media_s - self._observed_s < SPACING_S:
            return False
        self._observed_s = media_s
        self._offsets.append(now - media_s)
        least = min(self._offsets)
        if len(self._offsets) < RECENT or abs(least - self.at_zero) <= TOLERANCE_S:
            return False
        self.at_zero = least
        self._offsets.clear()
        return True
