"""Which DASH period a segment belongs to (ISO/IEC 23009-1, 5.3.2), decided when it begins and never changed.

Within a period, media time and wall-clock time run alike, one decoder serves all of it, and each rendition's sequence
numbers rise by one. So a period begins with each run, where the dates have moved away from where the period's own clock
would put them, and after a gap. Where dates go back, as with a backup that begins with what the primary has shown of
the same moments, a period begins amid its first segment, when the one before ends: players cut off what comes first,
and neither period takes from the other. Renditions begin the same segment at different moments; the first one decides
for all.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from media.timing import rescale

LATE_S: Final = 0.25
"""Media that comes later than its period's clock says is asked for before it is there: more than what players keep in
reserve at the edge (some parts) makes them wait each time."""
EARLY_S: Final = 1.0
"""Media that comes earlier only costs delay, and to mend that costs viewers what overlaps: seldom is better."""
_REMEMBERED: Final = 8
"""Openings of late. A rendition lags by a target duration or so before the run goes on without it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The segment that a period began with: number, when it is shown in ticks of some clock, and its date."""

    msn: int
    time: int
    date: float

    def on(self, timescale: int, wanted: int) -> Opening:
        """The same on another clock."""
        return replace(self, time=rescale(self.time, timescale, wanted))


class Periods:
    """The openings of late, one for all renditions of a broadcast."""

    def __init__(self) -> None:
        self._openings: deque[tuple[Opening, int]] = deque(maxlen=_REMEMBERED)
        self._newest = -1
        self._wanted = True

    def require(self) -> None:
        """The next segment that no rendition has begun opens a period."""
        self._wanted = True

    def of(self, first: Opening, timescale: int) -> Opening:
        """The opening of the period that a segment, `first`, belongs to; both in ticks of `timescale`."""
        if first.msn > self._newest:
            self._newest = first.msn
            if self._wanted or self._strays(first, timescale):
                self._openings.append((self._joined(first, timescale), timescale))
                self._wanted = False
        reached = [entry for entry in self._openings if entry[0].msn <= first.msn] or [self._openings[0]]
        opening, its_timescale = reached[-1]
        return opening.on(its_timescale, timescale)

    def redate(self, seconds: float) -> None:
        """Move the date of the first opening: nobody has seen it."""
        if len(self._openings) == 1:
            opening, timescale = self._openings.pop()
            self._openings.append((replace(opening, date=opening.date + seconds), timescale))

    def _joined(self, first: Opening, timescale: int) -> Opening:
        """`first`, or the moment within its segment when the period before is over."""
        early = -self._late(first, timescale) if self._openings else 0.0
        if early <= 0.0:
            return first
        return replace(first, time=first.time + round(early * timescale), date=first.date + early)

    def _strays(self, first: Opening, timescale: int) -> bool:
        return not -EARLY_S < self._late(first, timescale) < LATE_S

    def _late(self, first: Opening, timescale: int) -> float:
        """How much later than by the present period's clock a segment is dated, in seconds."""
        opening, its_timescale = self._openings[-1]
        elapsed = first.time / timescale - opening.time / its_timescale
        return first.date - opening.date - elapsed
