"""What players have been told and nobody may take back: PART-TARGET and the target duration (RFC 8216bis, 6.2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.timing import rescale
from packager.segmenter import MAX_TARGET_DURATION, target_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packager.hls.window import Window


class Promises:
    """The two numbers, common to all renditions of a broadcast; None until they are fixed, then never changed.

    `part_s` and `least_s` are the seconds that parts and segments are wanted to last at least. `parts_fixed` says
    whether PART-TARGET is. `patience_s` is for how long one track may go on without the other: the target duration, or
    the longest that it may become.
    """

    def __init__(self, windows: Mapping[str, Window], part_s: float, least_s: float) -> None:
        self.part_s = part_s
        self.least_s = least_s
        self.parts_fixed = False
        self.duration: int | None = None
        self.patience_s = MAX_TARGET_DURATION
        self._windows = windows
        self._part: tuple[int, int] | None = None
        self._longest = 0.0

    @property
    def part_target(self) -> tuple[int, int] | None:
        """PART-TARGET in ticks, and the timescale of the clock that has them."""
        return self._part

    def keep(self, part_target: tuple[int, int] | None, duration: int | None) -> None:
        """Stand by what another writer promised."""
        if part_target is not None:
            self.fix_part(*part_target)
        if duration is not None:
            self.duration = duration
            self.fix_duration()

    def part(self, timescale: int) -> int | None:
        """PART-TARGET in ticks of a clock, rounded down."""
        return None if self._part is None else rescale(*self._part, timescale)

    def fix_part(self, ticks: int, timescale: int) -> None:
        """Promise parts of `ticks` / `timescale` seconds at most."""
        self._part = self._part or (ticks, timescale)
        self.parts_fixed = True
        self.tell()

    def saw(self, seconds: float) -> None:
        """Take note of a closed segment."""
        self._longest = max(self._longest, seconds)

    def fix_duration(self) -> None:
        """Promise a target duration that suits the segments so far."""
        self.duration = self.patience_s = self.duration or target_duration(self._longest, self.least_s)
        self.tell()

    def tell(self) -> None:
        """Write what is fixed into the windows."""
        for window in self._windows.values():
            window.target_duration = self.duration
            if self._part and window.low_latency:
                window.part_target = self._part[0] / self._part[1]
