"""Which wall-clock time belongs to media time 0: what EXT-X-PROGRAM-DATE-TIME is made from.

A frame cannot arrive before it was made, so the earliest arrivals, relative to their media time, are nearest the truth;
delays only add. At first every frame is looked at and the least offset taken, before any player has seen a date (the
first segment lasts longer); where players have seen dates of a run before, only if it is off by more than a little, for
dates that go back by a little are worse than such as are late by it. Later the anchor follows when the least of recent
offsets has moved away for good: the publisher's clock drifts, or it paused and its jump in time was mended away. Pure:
the time is an argument.
"""

from __future__ import annotations

from collections import deque
from typing import Final

TOLERANCE_S: Final = 0.3
"""Nearer than this the anchor stays, so that network jitter does not make dates wander."""
RECENT: Final = 8
"""Observations that must agree before the anchor moves: about 16 s of key frames."""
SETTLING_S: Final = 1.5
"""Media time at the beginning in which any frame may lower the anchor: encoders send their first ones late."""
SPACING_S: Final = 1.0
"""Media time between observations; sound alone would bring 47 a second."""


class WallAnchor:
    """Unix time of media time 0, in seconds.

    `before` is that of the media before, which this goes on from: it stays where the difference is none to speak of.
    """

    def __init__(self, at_zero: float, before: float | None = None) -> None:
        went_back = 0.0 if before is None else before - at_zero
        self.at_zero = at_zero if before is None or not 0.0 < went_back <= TOLERANCE_S else before
        self._slack = 0.0 if before is None else TOLERANCE_S
        self._offsets: deque[float] = deque(maxlen=RECENT)
        self._observed_s = float("-inf")
        self._settled_s: float | None = None
        self.settling = True
        """Every frame should be observed, not key frames alone."""

    def observe(self, now: float, media_s: float) -> bool:
        """Compare an arrival with its media time; True when the anchor has moved."""
        if self._settled_s is None:
            self._settled_s = media_s + SETTLING_S
        self.settling = self.settling and media_s < self._settled_s
        if self.settling:
            return self._settle(now - media_s)
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

    def _settle(self, offset: float) -> bool:
        lower = offset < self.at_zero - self._slack
        if lower:
            self.at_zero = offset
        return lower
