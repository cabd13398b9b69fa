"""Another time for frames of a publisher whose clock stands still: that of their arrival, made even.

Stamps are the only thing that says how fast media runs, and one that repeats for ever says nothing: at a guessed rate
the broadcast would fall behind, or run ahead of what comes. So frames are placed by when they come, from the stamp on
at which the clock stopped: at their mean distance, drawn towards the true moment, so that a line that stalls and
catches up shakes neither pictures nor sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.sample import Frame
from media.track import Kind
from origin.live.faults import Fault

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

ALIKE: Final = 8
"""Frames of a kind with one stamp before the clock is taken to stand: encoders that send sound in bundles stamp two to
four alike, and pictures that come so fast are a fault anyway."""
_SMOOTH: Final = 16
"""A frame moves a sixteenth of the way to the moment of its arrival: half a second of pictures, a third of sounds."""
_REACH_MS: Final = 1_000.0
"""A moment that is further off is no jitter, but a stall or a step of our own clock: frames go on as they were."""

_VIDEO: Final = Kind.VIDEO
_MASK: Final = 0xFFFF_FFFF


@dataclass(slots=True)
class _Mark:
    """What is known of a stamp that repeats.

    It was `alike` so many times since `since` (unix seconds), which was `base` ms after the stamp; the last frame was
    `placed` so many ms after it, and frames come every `step` ms.
    """

    stamp: int = -1
    alike: int = 0
    since: float = 0.0
    base: float = 0.0
    placed: float = 0.0
    step: float = 0.0


class Standstill:
    """Both tracks of one publisher. `clock` gives the time of arrival in unix seconds; mended frames are counted."""

    __slots__ = ("_clock", "_faults", "_picture", "_sound")

    def __init__(self, clock: Callable[[], float], faults: Counter[Fault]) -> None:
        self._clock = clock
        self._faults = faults
        self._picture = _Mark()
        self._sound = _Mark()

    def mend(self, frame: Frame) -> Frame:
        """The frame as it came, or with a stamp of ours."""
        mark = self._picture if frame.kind is _VIDEO else self._sound
        if frame.dts_ms == mark.stamp:
            return self._repeated(mark, frame)
        mark.stamp = frame.dts_ms
        mark.alike = 0
        return frame

    def _repeated(self, mark: _Mark, frame: Frame) -> Frame:
        now = self._clock()
        if not mark.alike:
            mark.since, mark.base = now, self._reached(mark, now)
        mark.alike += 1
        if mark.alike < ALIKE:
            return frame
        self._faults[Fault.STANDSTILL] += 1
        _place(mark, now)
        return Frame(frame.kind, (frame.dts_ms + round(mark.placed)) & _MASK, frame.cts_ms, frame.key, frame.data)

    def _reached(self, mark: _Mark, now: float) -> float:
        """How far the other track is from the same stamp: one that begins later is not to begin at the stamp."""
        other = self._sound if mark is self._picture else self._picture
        return max((now - other.since) * 1_000, 0.0) if other.alike and other.stamp == mark.stamp else 0.0


def _place(mark: _Mark, now: float) -> None:
    at = mark.base + (now - mark.since) * 1_000
    if mark.alike == ALIKE:
        mark.placed = max(at, 0.0)
    else:
        even = mark.placed + mark.step
        if abs(at - even) > _REACH_MS:
            mark.since += (at - even) / 1_000
            at = even
        mark.placed = even + (at - even) / _SMOOTH
    mark.step = max(at - mark.base, 0.0) / (mark.alike - 1)
