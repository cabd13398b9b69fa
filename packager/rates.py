"""Bits a second as manifests of both kinds tell them."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARGIN: Final = 1.1
"""What is declared is an upper bound (RFC 8216bis, 4.4.6.2; ISO/IEC 23009-1, 5.3.5.2): what was seen so far and a tenth
more, since the future is not known."""
_GRAIN: Final = 1000


def peak(segments: Iterable[tuple[int, float]], least_s: float) -> float:
    """Of the densest segment, each given by bytes and seconds; those shorter than `least_s` do not count."""
    return max((8 * size / seconds for size, seconds in segments if seconds >= least_s), default=0.0)


def rounded(bits: float) -> int:
    """Whole kilobits, at least one."""
    return _GRAIN * max(1, ceil(bits / _GRAIN))


def declared(bits: float) -> int:
    """The upper bound that is told of a peak."""
    return rounded(_MARGIN * bits)
