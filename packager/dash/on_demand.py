"""What the manifest of a recording lists: its periods, one after the other with nothing between them.

A period is as far as all renditions go on without a break: same init segment, same epoch in the names, none missing,
no gap. Live, a segment that got lost keeps its place in a timeline, since numbers rise by one; here a period ends
before it, so that nothing is listed that is not there. The time when nobody published is left out.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Final

from packager.dash.timeline import FINE, JOINED_S, Entry, Lane, Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from media.track import Track
    from packager.recorded import Recorded

_SLACK: Final = 1e-6
"""Seconds that a period may be shorter than its media by, so that one which ends on a 64th is not made longer."""


class Stretch:
    """Segments of one rendition without a break, from number `first` on."""

    def __init__(self, head: Recorded, track: Track) -> None:
        self.head = head
        self.track = track
        self.first = head.msn
        self._times = array("q")
        self._seconds = array("d")
        self._sizes = array("q")

    @property
    def epoch(self) -> str:
        """The writer's number in the names."""
        return self.head.file.partition("-")[0]

    @property
    def next(self) -> int:
        """The number after the last one."""
        return self.first + len(self._times)

    def goes_on_with(self, segment: Recorded) -> bool:
        """Whether `segment` is of this stretch."""
        head = self.head
        same = (segment.init, segment.period) == (head.init, head.period)
        return same and segment.msn == self.next and segment.file.startswith(f"{self.epoch}-")

    def add(self, segment: Recorded) -> None:
        """Take the next segment."""
        self._times.append(segment.time)
        self._seconds.append(segment.duration)
        self._sizes.append(segment.size)

    def since_opening(self, msn: int) -> float:
        """How long after the beginning of its live period segment `msn` is, in seconds."""
        return (self._times[msn - self.first] - self.head.period_time) / self.track.timescale

    def lane(self, begin: int, end: int, at_s: float) -> Lane:
        """Segments `begin` to before `end`, in a period that begins `at_s` after the live one."""
        entries = tuple(self._entry(msn) for msn in range(begin, end))
        offset = self.head.period_time + round(at_s * self.track.timescale)
        return Lane(self.head.rendition, self.track, self.head.init, self.epoch, offset, entries)

    def _entry(self, msn: int) -> Entry:
        """Made to last until the next one begins, if that is about when it ends."""
        index = msn - self.first
        time, ticks = self._times[index], max(round(self._seconds[index] * self.track.timescale), 1)
        until = self._times[index + 1] - time if index + 1 < len(self._times) else ticks
        joined = 0 < until < ticks or 0 <= until - ticks <= JOINED_S * self.track.timescale
        return Entry(msn, time, until if joined else ticks, self._sizes[index])


class Stretches:
    """The stretches of one rendition; segments are added in order of their numbers, gaps are not."""

    def __init__(self) -> None:
        self._found: list[Stretch] = []

    def add(self, segment: Recorded, track: Track) -> None:
        """Take the next segment that is no gap."""
        if not self._found or not self._found[-1].goes_on_with(segment):
            self._found.append(Stretch(segment, track))
        self._found[-1].add(segment)

    def __iter__(self) -> Iterator[Stretch]:
        """From the first to the last."""
        return iter(self._found)


def periods(renditions: Mapping[str, Iterable[Stretch]]) -> list[Period]:
    """The periods of a recording; its presentation time begins with 0. `renditions` with video first."""
    listed = {name: list(stretches) for name, stretches in renditions.items()}
    breaks = sorted({msn for each in listed.values() for one in each for msn in (one.first, one.next)})
    at = dict.fromkeys(listed, 0)
    found: list[Period] = []
    start = 0.0
    for begin, end in pairwise(breaks):
        covering = [one for name, each in listed.items() if (one := _covering(each, at, name, begin))]
        if covering:
            found.append(_period(covering, begin, end, start))
            start = ceil((length(found[-1]) + start - _SLACK) * FINE) / FINE
    return found


def length(period: Period) -> float:
    """Seconds from the beginning of a period to where its last rendition ends."""
    return max(lane.seconds(lane.entries[-1].end) for lane in period.lanes)


def _covering(stretches: Sequence[Stretch], at: dict[str, int], name: str, msn: int) -> Stretch | None:
    """The stretch that `msn` is in; `at` remembers how far the search has come, as numbers only rise."""
    while at[name] < len(stretches) and stretches[at[name]].next <= msn:
        at[name] += 1
    here = stretches[at[name]] if at[name] < len(stretches) else None
    return here if here and here.first <= msn else None


def _period(covering: Sequence[Stretch], begin: int, end: int, start: float) -> Period:
    at_s = min(one.since_opening(begin) for one in covering)
    return Period(begin, start, tuple(one.lane(begin, end, at_s) for one in covering))
