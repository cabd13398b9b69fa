"""Where segments are cut: at the key frames of the leading track, and elsewhere only where nothing else is left.

The first segment fixes the target duration that players are told; from then on no segment may round to more. A key
frame that comes before the shortest segment is done is passed over, unless the longest distance of key frames of late
says that the next one would come too late. A distance that overruns the limit anyway is cut where it must be.
Audio that leads is cut by time alone, since every sample of it is a key frame.
"""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import TYPE_CHECKING, Final

from media.timing import ticks_at_least
from media.track import Kind

if TYPE_CHECKING:
    from media.sample import Sample

MAX_TARGET_DURATION: Final = 10
"""Seconds. OBS sends a key frame every 8 s or so, x264 every 250 frames; viewers who seek and join pay for more."""
_OVER_TARGET_S: Final = 0.3
"""EXTINF is rounded to the nearest second (RFC 8216bis, 4.4.3.1), so a segment may be up to half a second over;
the rest is left to the renditions that are cut at the nearest sample after."""
_FORGIVEN_S: Final = 0.1
"""A first segment this little over whole seconds (2.002 s at 29.97 frames a second) does not cost a second more."""

_GOPS: Final = 8
"""Distances of key frames that are remembered: a hole that made one of them long is forgotten after as many."""


def target_duration(longest_s: float, least_s: float) -> int:
    """EXT-X-TARGETDURATION for a stream whose first segments last up to `longest_s`, and wants `least_s`."""
    return min(MAX_TARGET_DURATION, max(ceil(longest_s - _FORGIVEN_S), ceil(least_s), 1))


class Segmenter:
    """Decides for one track, sample by sample; all times in its ticks.

    `limit` is the longest segment, `whole` one that lasts the target duration.
    """

    def __init__(self, timescale: int, least_s: float, target: int | None) -> None:
        self._timescale = timescale
        self._least = ticks_at_least(least_s, timescale)
        self.limit = self.whole = 0
        self._last_key: int | None = None
        self._gops: deque[int] = deque(maxlen=_GOPS)
        self.fix(target)

    def fix(self, target: int | None) -> None:
        """Hold to a target duration in seconds; None means that it is still open, up to the most there may be."""
        limit_s = MAX_TARGET_DURATION if target is None else target + _OVER_TARGET_S
        self.limit = int(limit_s * self._timescale)
        self.whole = int((target or MAX_TARGET_DURATION) * self._timescale)

    def cuts(self, sample: Sample, elapsed: int, with_it: int) -> bool:
        """Whether `sample` opens a new segment. Call once for each that is a key frame or ends beyond `limit`.

        `elapsed` is how long the open segment is without the sample, `with_it` how long it would be with it.
        """
        if sample.key and self._cuts_at_key(sample, elapsed):
            return True
        return with_it > self.limit

    def expects_cut(self, at: int, elapsed: int) -> bool:
        """Whether the sample at `at` will be a cut, if key frames go on coming as the last two did."""
        if self._last_key is None or not self._gops:
            return False
        return at >= self._last_key + self._gops[-1] and self._is_time(elapsed, 0)

    def _cuts_at_key(self, sample: Sample, elapsed: int) -> bool:
        if self._last_key is not None and sample.kind is Kind.VIDEO:
            self._gops.append(sample.dts - self._last_key)
        self._last_key = sample.dts
        return self._is_time(elapsed, sample.duration // 2)

    def _is_time(self, elapsed: int, tolerance: int) -> bool:
        return elapsed + tolerance >= self._least or elapsed + max(self._gops, default=0) > self.limit
