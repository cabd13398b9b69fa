"""A still frame as a loop of H.264: one key frame, then pictures that say "no change", to be sent over and over.

Nothing here needs libav: the server only sends loops, and a worker makes them (`encode`).
A loop is a closed group of pictures, so that its end fits its beginning. It lasts as long as a segment should, and its
size is about that of its key frame. There is no sound in it: silent frames are the same for ever, and made elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from media.track import Track

LOOP_S: Final = 2
RATES: Final = (10, 30)
"""Frames a second that a loop may have; up to twice as many are halved, for nothing moves. Where the rate is another,
or not known, it is the usual one."""
USUAL_RATE: Final = 25


@dataclass(frozen=True, slots=True)
class Loop:
    """`pictures` in the form that ISO BMFF stores; the first one is the key frame, and none refers to a later one."""

    track: Track
    pictures: tuple[bytes, ...]

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.track.frame_rate or USUAL_RATE


def rate_of(track: Track) -> int:
    """The whole number of pictures a second that suits a track."""
    rate = round(track.frame_rate or 0)
    if RATES[1] < rate <= 2 * RATES[1]:
        rate //= 2
    return rate if RATES[0] <= rate <= RATES[1] else USUAL_RATE
