"""What a publisher's stamps mean: milliseconds modulo 2**32 in, milliseconds on the stream's own timeline out.

For each kind of frame the clock keeps a mark: the last stamp, and where it was placed. The next frame's place is
the mark plus the difference of the stamps, taken as a signed 32-bit number, so a wrap of the publisher's counter
(RTMP 1.0, 5.3.1.2: after 49 days 17 h 2 min 47.296 s) is nothing special, even while only one track has wrapped.

A frame that makes an unusual step is tried against three explanations: its own mark (frames were lost, or this track
stalled and the other went on), the other track's mark (it made the same jump before), and its own mark before the
last jump (that was a glitch). The one that puts it nearest to what is there already is believed; if none puts it
within reach, it is a new jump. So both tracks keep one offset, and sound stays with its picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.track import Kind
from origin.live.faults import Fault

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

FORWARD_MS: Final = 3_000
"""A step ahead up to here is a gap in the stream. Longer ones are broken clocks: DVR windows and players' buffers
are of this order, and nobody should wait for media time that nothing fills."""
BACKWARD_MS: Final = 500
"""A step back up to here is reordering (16 pictures, H.264's most, are 533 ms at 30 a second) or an unsteady clock;
and what is still near the other track is no jump."""
_STEADY_MS: Final = range(-100, FORWARD_MS // 6 + 1)
"""Steps that need no second thought: two pictures a second, and a few pictures in presentation order."""
INTERLEAVING_MS: Final = 1_000
"""Frames of two tracks that belong together arrive with stamps at most this far apart: encoders interleave closer."""

_MASK: Final = 0xFFFF_FFFF
_HALF: Final = 0x8000_0000


def apart(stamp: int, before: int) -> int:
    """Milliseconds from `before` to `stamp` on a counter of 32 bits, from -2**31 to 2**31 - 1."""
    return ((stamp - before + _HALF) & _MASK) - _HALF


@dataclass(slots=True)
class _Mark:
    """`stamp` was placed at `at` (ms); `old_stamp` at `old_at` before the last jump."""

    stamp: int
    at: int
    old_stamp: int
    old_at: int


class PublisherClock:
    """Places stamps of both tracks on one timeline. Holds two marks, whatever arrives."""

    __slots__ = ("_faults", "_marks")

    def __init__(self, faults: Counter[Fault]) -> None:
        self._faults = faults
        self._marks: dict[Kind, _Mark] = {}

    def place(self, kind: Kind, stamp: int) -> int | None:
        """Where the frame stands (ms), or None if its stamp is explained by nothing: `resume` must follow."""
        stamp &= _MASK
        mark = self._marks.get(kind)
        if mark is None:
            return self._first(kind, stamp)
        step = ((stamp - mark.stamp + _HALF) & _MASK) - _HALF
        if step not in _STEADY_MS:
            return self._explained(kind, stamp)
        if stamp < mark.stamp and step > 0:
            self._faults[Fault.WRAP] += 1
        mark.stamp = stamp
        mark.at = at = mark.at + step
        return at

    def resume(self, kind: Kind, stamp: int, at: int) -> int:
        """Go on at `at`, whatever the stamp says; returns `at`."""
        stamp &= _MASK
        mark = self._marks.get(kind)
        if mark is None:
            self._marks[kind] = _Mark(stamp, at, stamp, at)
            return at
        self._faults[Fault.JUMP_FORWARD if apart(stamp, mark.stamp) > 0 else Fault.JUMP_BACKWARD] += 1
        mark.old_stamp, mark.old_at = mark.stamp, mark.at
        mark.stamp, mark.at = stamp, at
        return at

    def _first(self, kind: Kind, stamp: int) -> int | None:
        for other in self._marks.values():
            step = apart(stamp, other.stamp)
            if -INTERLEAVING_MS <= step <= FORWARD_MS:
                return self.resume(kind, stamp, max(0, other.at + step))
        return None

    def _explained(self, kind: Kind, stamp: int) -> int | None:
        mark = self._marks[kind]
        own = mark.at + apart(stamp, mark.stamp)
        reach, at = min(((reach, at) for reach, at in self._beliefs(kind, stamp, own) if reach >= 0), default=(-1, 0))
        if reach < 0:
            return None
        if at != own:
            return self.resume(kind, stamp, at)
        mark.stamp, mark.at = stamp, own
        return own

    def _beliefs(self, kind: Kind, stamp: int, own: int) -> Iterator[tuple[int, int]]:
        """Explanations: how far each one has to reach (ms; -1 if too far), and where it puts the frame."""
        mark = self._marks[kind]
        yield _reach(own - mark.at, BACKWARD_MS, FORWARD_MS), own
        other = self._marks.get(Kind.AUDIO if kind is Kind.VIDEO else Kind.VIDEO)
        if other is not None:
            step = apart(stamp, other.stamp)
            yield _reach(step, INTERLEAVING_MS, INTERLEAVING_MS), other.at + step
            if own > mark.at:
                yield _reach(own - other.at, INTERLEAVING_MS, FORWARD_MS), own
        before = mark.old_at + apart(stamp, mark.old_stamp)
        yield _reach(before - mark.at, BACKWARD_MS, BACKWARD_MS), before


def _reach(step: int, backward: int, forward: int) -> int:
    """The size of a step (ms) within limits, else -1."""
    return abs(step) if -backward <= step <= forward else -1
