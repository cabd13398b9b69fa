"""A token bucket that lends: what one publisher may use of something that all share."""

from __future__ import annotations


class Allowance:
    """`rate` units a second, saved up to `burst`. Overdrawing is allowed and paid off by waiting."""

    __slots__ = ("_burst", "_level", "_rate", "_then")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._then = now

    def spend(self, amount: float, now: float) -> float:
        """Take `amount`; gives the seconds to wait before the next one, 0 while there is something left."""
        level = self._level + (now - self._then) * self._rate
        level = (level if level < self._burst else self._burst) - amount  # noqa: FURB136 - twice a read: max and min are calls
        self._level, self._then = level, now
        return -level / self._rate if level < 0 else 0.0
