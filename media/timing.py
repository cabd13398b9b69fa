"""Arithmetic on ticks: whole numbers, so that hours of samples add up without drift."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def rescale(ticks: int, timescale: int, wanted: int) -> int:
    """`ticks` of one clock on another one, rounded down."""
    return ticks * wanted // timescale


def ticks_at_least(seconds: float, timescale: int) -> int:
    """The fewest ticks that last `seconds`; a millionth of a tick is forgiven to binary fractions."""
    return -int(-(seconds * timescale - 1e-6) // 1)


def usual(durations: Iterable[int]) -> int:
    """The most frequent of some durations: the frame duration that the others deviate from; 0 where there is none."""
    counted = Counter(duration for duration in durations if duration > 0).most_common(1)
    return counted[0][0] if counted else 0
