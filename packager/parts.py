"""Where parts are cut, and how their rules are kept when frames come unevenly (RFC 8216bis, 4.4.4.9).

No part may last longer than PART-TARGET, and each must reach 85 % of it, except the last of a segment and those before
an independent one. With even frames a part is a whole number of them and its decode times are the samples' own. Where a
frame stays for long (variable frame rate, a hole), no whole number of frames fits. But what players show goes by
presentation times, and decode times are ours: the long frame's decode time is cut short at the part's end, and those
after it are decoded earlier than they would be, until the parts have caught up; composition offsets take up the
difference. So presentation times stay as they are, decode times stay without a hole, and every part keeps the rules
whatever a publisher sends; a segment that starts with a key frame starts at that frame's own decode time again.
Decoding is only ever moved forward: negative offsets are legal, but ffmpeg shows the whole stream later by the largest
of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from media.timing import ticks_at_least, usual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.sample import Sample

_LEAST_SHARE: Final = 0.85
MAX_PART_S: Final = 0.3334
"""Longer parts are longer waits; ten frames at 30 a second, with room for the 1001 rates."""
_NEVER: Final = 1 << 63
_MAX_SAMPLES: Final = 1024
"""A part of durations near nothing must not grow for ever; 0.2 s of the shortest Opus frames are 80."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Samples of one part, with one decode time for each and one more for its end."""

    samples: Sequence[Sample]
    times: Sequence[int]

    @property
    def ticks(self) -> int:
        """Duration."""
        return self.times[-1] - self.times[0]


def part_target(durations: Sequence[int], timescale: int, wanted_s: float, follower_frame_s: float) -> int:
    """PART-TARGET in ticks of the leading track: as many of its usual frames as last `wanted_s`.

    One or more are added, up to a third of a second, where whole frames of the other track (`follower_frame_s`, 0.0 for
    none) would not reach 85 % of it.
    """
    frame = usual(durations) or ticks_at_least(wanted_s, timescale)
    count = max(1, ceil((wanted_s - 1e-6) * timescale / frame))
    most = max(count, int(MAX_PART_S * timescale / frame))
    choices = (number * frame for number in range(count, most + 1))
    return next((ticks for ticks in choices if _suits(ticks / timescale, follower_frame_s)), count * frame)


def _suits(target_s: float, frame_s: float) -> bool:
    return not frame_s or int(target_s / frame_s + 1e-6) * frame_s >= _LEAST_SHARE * target_s


class PartBuilder:
    """Gathers the samples of one part at a time; all times in ticks of their track.

    `start` is the decode time at which the present part begins. `full` says whether the part is long enough, and
    another sample like the last would make it too long; until `target` is set, nothing is.
    """

    __slots__ = ("_even", "_long_enough", "_target", "_too_long", "end", "full", "samples", "start")

    def __init__(self, start: int, target: int | None) -> None:
        self.start = start
        self.end = start
        self.samples: list[Sample] = []
        self.full = False
        self._even = True
        self._target = target or 0
        self._long_enough = self._too_long = 0
        self._measure()

    def aim(self, target: int) -> None:
        """Fix PART-TARGET."""
        self._target = target
        self._measure()
        if self.samples:
            self.full = self._is_full(self.samples[-1].duration)

    def _measure(self) -> None:
        """Know from where on the present part is long enough, and where it becomes too long."""
        self._long_enough = self.start + min(self._target, int(_LEAST_SHARE * self._target) + 2)
        self._too_long = self.start + self._target if self._target else _NEVER

    @property
    def aims(self) -> bool:
        """Whether PART-TARGET is fixed."""
        return self._target > 0

    def overruns(self, sample: Sample) -> bool:
        """Whether the part is long enough without `sample`, and too long with it."""
        return sample.dts + sample.duration > self._too_long and self.end >= self._long_enough and bool(self.samples)

    def add(self, sample: Sample) -> None:
        """Take a sample into the part."""
        if sample.dts != self.end:
            self._even = False
        self.samples.append(sample)
        self.end = end = sample.dts + sample.duration
        if end >= self._long_enough:
            self.full = self._is_full(sample.duration)

    def _is_full(self, next_ticks: int) -> bool:
        if self.end < self._long_enough:
            return False
        return self.end + next_ticks > self._too_long or len(self.samples) >= _MAX_SAMPLES

    def cut(self) -> Cut:
        """End the part, of whatever length. The next one starts where it ends."""
        end = max(self.end, self.start + len(self.samples))
        if self._target:
            end = min(end, self.start + self._target)
        times = self._even_times() if self._even and end == self.end else self._mended_times(end)
        done = Cut(self.samples, times)
        self.samples = []
        self.full = False
        self._even = True
        self.start = self.end = end
        self._measure()
        return done

    def _even_times(self) -> list[int]:
        times = [sample.dts for sample in self.samples]
        times.append(self.end)
        return times

    def _mended_times(self, end: int) -> list[int]:
        """Decode times as near to the samples' own as they can be, rising from `start` to `end`."""
        count = len(self.samples)
        times, earliest = [], self.start
        for index, sample in enumerate(self.samples):
            latest = end - (count - index)
            times.append(min(max(sample.dts, earliest), latest) if index else self.start)
            earliest = times[-1] + 1
        return [*times, end]
