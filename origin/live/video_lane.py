"""Pictures with mended times: on the frame grid, always ahead, each one held until the next tells its duration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.sample import Frame, Sample
from media.track import Kind
from origin.live.faults import Fault
from origin.live.frame_grid import FrameGrid

if TYPE_CHECKING:
    from collections import Counter

    from media.track import Track

_VIDEO: Final = Kind.VIDEO
STALL_S: Final = 3
"""A picture is held no longer than this while sound goes on, and never lasts longer: as long as the clock takes a
step ahead for a gap, and less than any target duration worth having. What follows a stall leaves a hole."""
_GAP_S: Final = 1
"""A picture that lasts longer is counted as a gap; slower streams than one picture a second are rare."""
_BEHIND_S: Final = 1
"""Stamps that fell this far behind what was put out have jumped back in small steps."""
_USUAL_MOST_S: Final = 0.2
"""The last picture's duration is guessed from the one before, but not beyond 5 pictures a second."""
_CTS_MOST_MS: Final = 10_000
"""Reordering over more than 10 s does not happen: 16 pictures at 2 a second are 8 s."""
_NUDGE: Final = 4
"""Pictures stamped too early follow each other in a quarter of the usual time, so that they come right again soon."""


class VideoLane:
    """One picture is held; whatever arrives, `take` returns at most one sample."""

    __slots__ = ("_cts", "_dts", "_end", "_faults", "_gap", "_grid", "_held", "_scale", "_usual", "astray")

    def __init__(self, track: Track, faults: Counter[Fault]) -> None:
        self.astray = False
        self._faults = faults
        self._held: Frame | None = None
        self._dts = self._cts = self._end = self._scale = 0
        self._begin(track)

    @property
    def end_s(self) -> float:
        """Media time up to where samples go, with the held one."""
        return (self._end if self._held is None else self._dts + self._expected) / self._scale

    @property
    def last_s(self) -> float:
        """Decode time of the last picture taken."""
        return self._dts / self._scale

    def take(self, frame: Frame, at: int) -> list[Sample]:
        """Accept a picture that stands at `at` (ms); returns the one before it."""
        cts_ms = frame.cts_ms
        if not -_CTS_MOST_MS <= cts_ms <= _CTS_MOST_MS:
            self._faults[Fault.COMPOSITION] += 1
            cts_ms = 0
        dts, cts = self._grid.place(at, cts_ms)
        held = self._held
        if held is None:
            self._hold(frame, max(dts, self._end), cts)
            return []
        before = self._dts
        duration = dts - before
        if 0 < duration <= self._gap:
            self._usual = duration
        else:
            duration, dts = self._mend(dts)
        pts = before + self._cts
        sample = Sample(_VIDEO, before, pts if pts > 0 else 0, duration, held.key, held.data)  # noqa: FURB136 - max() is a call
        self._held = frame
        self._dts = dts
        self._cts = cts
        return [sample]

    def meanwhile(self, at: int) -> list[Sample]:
        """Sound has reached `at` (ms): let the held picture go if it has waited too long."""
        if self._held is None or (at - STALL_S * 1000) * self._scale <= self._dts * 1000:
            return []
        self._faults[Fault.GAP] += 1
        return self.flush()

    def flush(self) -> list[Sample]:
        """The held picture, with the duration that its neighbour had."""
        held, self._held = self._held, None
        if held is None:
            return []
        self._end = self._dts + self._expected
        pts = max(0, self._dts + self._cts)
        return [Sample(Kind.VIDEO, self._dts, pts, self._expected, held.key, held.data)]

    def retrack(self, track: Track) -> list[Sample]:
        """Go on with other parameters; returns what was held under the old ones."""
        samples = self.flush()
        self._end = -(-self._end * track.timescale // self._scale)
        self._begin(track)
        return samples

    @property
    def _expected(self) -> int:
        most = int(_USUAL_MOST_S * self._scale)
        return self._grid.period or min(self._usual, most)

    def _begin(self, track: Track) -> None:
        self._scale = track.timescale
        self._grid = FrameGrid(track.timescale, track.frame_rate)
        self._gap = _GAP_S * track.timescale
        self._usual = self._scale // 30

    def _hold(self, frame: Frame, dts: int, cts: int) -> None:
        self._held, self._dts, self._cts = frame, dts, cts

    def _mend(self, dts: int) -> tuple[int, int]:
        """Duration of the held picture and decode time of the next, which claims `dts`."""
        duration = dts - self._dts
        if duration > 0:
            self._faults[Fault.GAP] += 1
            return (duration if duration <= STALL_S * self._scale else self._expected), dts
        self._faults[Fault.BACKWARD if duration else Fault.DUPLICATE] += 1
        self.astray = -duration > _BEHIND_S * self._scale
        nudge = max(1, self._expected // _NUDGE)
        return nudge, self._dts + nudge
