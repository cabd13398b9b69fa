"""Millisecond stamps back onto the grid of a constant frame rate.

RTMP cannot say 33.37 ms: stamps of 29.97 pictures a second alternate between 33 and 34, and durations made of them
jitter by 3 %. The grid is an anchor and a rate: picture n stands at anchor + n / rate, computed from n and never
by adding, so nothing drifts. The rate is the publisher's claim where it is a known one, else found in nine stamps in
a row; 29.97 and 30 part after about 45 pictures, and the grid then changes to the better one, at the same anchor.
A stream with a variable rate never earns trust and passes untouched.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

RATES: Final = (
    (10, 1),
    (12, 1),
    (25, 2),
    (15_000, 1_001),
    (15, 1),
    (20, 1),
    (24_000, 1_001),
    (24, 1),
    (25, 1),
    (30_000, 1_001),
    (30, 1),
    (48, 1),
    (50, 1),
    (60_000, 1_001),
    (60, 1),
    (100, 1),
    (120_000, 1_001),
    (120, 1),
)
"""Frame rates of cameras, films and encoders' menus, as fractions."""

_WINDOW: Final = 9
"""Stamps looked at to find a rate: two groups of pictures with B-frames; 0.3 s at 30 a second."""
_CLAIM_RATIO: Final = 4e-4
"""A claim of 23.98 or 29.97 means the 1001 rate next to it; 30 is a thousandth away from 29.97."""
_SEEN_BEFORE_CHANGE: Final = 16
"""Pictures since the anchor before another rate may take over: less would compare rounding errors."""
_TRUST_AT_FIRST: Final = 8
_TRUST_MOST: Final = 16
_TRUST_LOST: Final = 4
"""A stamp off the grid costs as much as four on it earn; without trust the search begins again."""


def claimed_rate(frames_per_second: float | None) -> tuple[int, int] | None:
    """The known rate that a publisher means, or None."""
    if not frames_per_second:
        return None
    return next((r for r in RATES if abs(frames_per_second * r[1] / r[0] - 1) <= _CLAIM_RATIO), None)


class FrameGrid:
    """Turns places in milliseconds into ticks of `timescale`, on the grid where there is one.

    Stamps may be off the grid by 1.5 ms: each of two stamps is rounded by up to a millisecond, in the same
    direction, and some encoders round twice.
    """

    __slots__ = (
        "_anchor",
        "_anchor_ms",
        "_claim",
        "_half",
        "_num",
        "_scale",
        "_seen",
        "_slack",
        "_step",
        "_strayed",
        "_trust",
        "_unit",
    )

    def __init__(self, timescale: int, frame_rate: float | None) -> None:
        self._scale = timescale
        self._claim = claimed_rate(frame_rate)
        self._trust = self._anchor_ms = self._anchor = 0
        self._strayed = -2
        self._seen: list[int] = []
        self._use(self._claim or (30, 1))

    @property
    def period(self) -> int:
        """Ticks from one picture to the next, or 0 while no rate is known."""
        return self._unit // self._num if self._trust or self._claim else 0

    def place(self, at: int, cts: int) -> tuple[int, int]:
        """Decode time and composition offset in ticks, for a picture at `at` with `cts`, both in milliseconds."""
        if not self._trust and not self._search(at):
            return self._ticks(at), self._ticks(cts)
        num, step, half, slack = self._num, self._step, self._half, self._slack
        elapsed = (at - self._anchor_ms) * num
        n = (elapsed + half) // step
        if not -slack <= elapsed - n * step <= slack:
            return self._stray(at, n, cts)
        if self._trust < _TRUST_MOST:
            self._trust += 1
        dts = n * self._unit // num
        if cts:
            offset = cts * num
            k = (offset + half) // step
            if not -slack <= offset - k * step <= slack:
                return self._anchor + dts, self._ticks(cts)
            cts = (n + k) * self._unit // num - dts
        return self._anchor + dts, cts

    def _use(self, rate: tuple[int, int]) -> None:
        self._num = rate[0]
        self._step = 1000 * rate[1]
        self._unit = self._scale * rate[1]
        self._half = self._step // 2
        self._slack = self._num * 3 // 2

    def _ticks(self, at: int) -> int:
        return at * self._scale // 1000

    def _anchor_at(self, at: int) -> None:
        self._anchor_ms, self._anchor = at, self._ticks(at)
        self._strayed = -2

    def _stray(self, at: int, n: int, cts: int) -> tuple[int, int]:
        """A stamp off the grid: another rate fits all since the anchor, or the grid moves, or this one is alone."""
        rate = self._better_rate(at - self._anchor_ms, n)
        if rate is not None:
            self._use(rate)
            return self.place(at, cts)
        self._trust = max(0, self._trust - _TRUST_LOST)
        if self._strayed + 1 < n:
            self._strayed = n
        else:
            self._anchor_at(at)
        return self._ticks(at), self._ticks(cts)

    def _better_rate(self, elapsed: int, n: int) -> tuple[int, int] | None:
        if n < _SEEN_BEFORE_CHANGE:
            return None
        error, rate = min((abs(elapsed - n * 1000 * r[1] / r[0]), r) for r in RATES)
        return rate if error <= 1 else None

    def _search(self, at: int) -> bool:
        """Tell whether there is a grid now, anchored at `at`."""
        rate, self._claim = self._claim, None
        if rate is None:
            self._seen.append(at)
            if len(self._seen) == _WINDOW:
                rate = _fitting_rate(self._seen)
                self._seen.clear()
        if rate is not None:
            self._use(rate)
            self._trust = _TRUST_AT_FIRST
            self._anchor_at(at)
        return rate is not None


def _fitting_rate(stamps: list[int]) -> tuple[int, int] | None:
    """The rate whose grid all `stamps` (ms) fit best, most of them next to each other; None if none does."""
    steps = sorted(b - a for a, b in pairwise(stamps))
    usual = steps[len(steps) // 2]
    near = [r for r in RATES if abs(usual - 1000 * r[1] / r[0]) <= 1.5]  # noqa: PLR2004 - as FrameGrid's slack
    error, rate = min(((_misfit(stamps, 1000 * r[1] / r[0]), r) for r in near), default=(2.0, (0, 0)))
    return rate if error <= 1.5 and steps[0] > 0 else None  # noqa: PLR2004 - the same slack


def _misfit(stamps: list[int], period: float) -> float:
    offsets = [stamp - stamps[0] for stamp in stamps]
    return max(abs(offset - round(offset / period) * period) for offset in offsets)
