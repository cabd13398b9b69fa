"""How often a broadcast begins anew: each run costs an init segment, a short segment and a discontinuity in playlists.

A publisher that changes its parameters at every frame would make thirty of each a second, and nobody could play that.
"""

from __future__ import annotations

from collections import deque
from typing import Final

MOST_RUNS: Final = 20
"""In `SPAN_S`. A phone that is turned and a call that adapts its resolution change some times a minute; twenty runs are
one every three seconds, hardly more than a segment each."""
SPAN_S: Final = 60.0


class Turnover:
    """The newest runs of one broadcast, whoever published them; times are unix seconds."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque(maxlen=MOST_RUNS)

    def note(self, now: float) -> None:
        """A run begins."""
        self._begun.append(now)

    def is_spent(self, now: float) -> bool:
        """Whether there were so many that no other may follow; a clock that was put back forgets those before."""
        return len(self._begun) == MOST_RUNS and 0 <= now - self._begun[0] < SPAN_S
