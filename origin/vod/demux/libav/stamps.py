"""Times as containers have them: some are missing, and some begin anew in mid-file."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from origin.vod.demux.film import MediaError

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

MOST_BACK_S: Final = 1
"""How far a decode time may go back before it counts as a beginning anew, as in a transport stream that was joined from
two: what follows is then moved behind what was. Less than that is disorder, and is mended one by one."""
MOST_AHEAD_S: Final = 24 * 3600
"""No film pauses for a day; a leap as long as that is damage, and 32 bits of a sample's duration end somewhere."""
FINEST: Final = 10_000_000
"""Ticks a second. Matroska may count nanoseconds, of which 32 bits hold four seconds."""
COARSEST: Final = 1_000
"""AVI counts pictures. Where a film begins is rounded to a tick, and half a picture between lips and sound is much."""
_MICROSECONDS: Final = 1_000_000


class Stamps:
    """The times of one stream's packets, in ticks of its container."""

    def __init__(self, base: Fraction) -> None:
        self._second = round(1 / base)
        self._offset = 0
        self._next: int | None = None

    def place(self, packet: Packet[Stream]) -> tuple[int, int]:
        """Decode and presentation time of the next packet."""
        dts, pts = packet.dts, packet.pts
        if dts is None:
            dts = self._next - self._offset if self._next is not None else pts or 0
        if pts is None:
            pts = dts
        if self._next is not None:
            self._check(dts + self._offset - self._next)
        self._next = dts + self._offset + max(1, packet.duration or 0)
        return dts + self._offset, pts + self._offset

    def _check(self, ahead: int) -> None:
        if ahead < -MOST_BACK_S * self._second:
            self._offset -= ahead
        if ahead > MOST_AHEAD_S * self._second:
            raise MediaError("The times in the file leap by more than a day: it is damaged.")


def base_of(stream: Stream) -> Fraction:
    """Seconds of a container's tick."""
    return stream.time_base or Fraction(1, 90_000)


def timescale_of(base: Fraction) -> int:
    """Ticks a second that hold each tick of the container as a whole number, unless it is finer than is of use."""
    if base.denominator > FINEST:
        return _MICROSECONDS
    return base.denominator * (1 if base.denominator >= COARSEST else -(-COARSEST // base.denominator))


def on(ticks: int, base: Fraction, timescale: int) -> int:
    """Ticks of a container on another clock, rounded to the nearest."""
    scaled = 2 * ticks * base.numerator * timescale + base.denominator
    return scaled // (2 * base.denominator)
