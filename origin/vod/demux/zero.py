"""Where a film begins: its earliest presentation time becomes 0, for all tracks alike, so that lips stay in step.

Sound that begins before the pictures, as the priming of an encoder does (-1024), moves everything by as much: a decode
time cannot be negative (`tfdt`, ISO/IEC 14496-12, 8.8.12). Pictures that are shown in another order than they are
decoded in begin to be decoded before 0: their decode times alone are moved, and some are shown "before" that, as signed
composition offsets allow. When they are shown does not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class First:
    """A track's first sample that is key: its times after edit lists, in ticks of `timescale`."""

    timescale: int
    dts: int
    pts: int


@dataclass(frozen=True, slots=True)
class Shift:
    """Ticks to add to a track's decode and presentation times."""

    dts: int
    pts: int


def shifts(firsts: Sequence[First]) -> list[Shift]:
    """What makes the film begin with 0, track by track."""
    begin = min(Fraction(first.pts, first.timescale) for first in firsts)
    return [_shift(first, round(-begin * first.timescale)) for first in firsts]


def _shift(first: First, pts: int) -> Shift:
    return Shift(pts + max(0, -(first.dts + pts)), pts)
