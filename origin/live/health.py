"""What is wrong with a stream, in sentences its broadcaster can act on.

A remark about a state is withdrawn by who made it, once the state is over; one about an event (a segment that was lost,
timestamps that were mended) stays, with its time, for as long as the broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from origin.observe import metrics

MOST: Final = 32
"""Different remarks a stream keeps; the codes are few, the bound is for safety."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding: a stable code, a sentence, when it was last seen (unix seconds) and how often since it holds."""

    code: str
    sentence: str
    at: float
    count: int = 1


class Health:
    """The remarks on one stream, one a code, newest sentence kept."""

    def __init__(self) -> None:
        self._remarks: dict[str, Remark] = {}

    def remark(self, code: str, sentence: str, at: float) -> None:
        """Note a finding."""
        metrics.live_warnings.labels(code).inc()
        seen = self._remarks.pop(code, None)
        self._remarks[code] = Remark(code, sentence, at, seen.count + 1 if seen else 1)
        if len(self._remarks) > MOST:
            self._remarks.pop(next(iter(self._remarks)))

    def withdraw(self, code: str) -> None:
        """Take back a finding that holds no more; should it return, its count begins anew."""
        self._remarks.pop(code, None)

    @property
    def remarks(self) -> list[Remark]:
        """Those that hold, oldest first."""
        return list(self._remarks.values())
