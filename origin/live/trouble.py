"""Whether a store fails, told to those who must know: each thing once, however often it changes its mind.

A disk that is full takes a segment whenever another was deleted, and refuses the next. That is one trouble, and it is
over when nothing has failed for a while.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

CALM_S: Final = 10.0
"""Nothing may fail for so long before a trouble is over: five segments of 2 s, longer than any pause between tries."""
MOST_REASONS: Final = 8
"""Different reasons that are told of one trouble; some name the object, and would be new each time."""


class Trouble:
    """`tell` is called with each new reason, a sentence, and with "" when the trouble is over."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told: set[str] = set()
        self._calm: asyncio.TimerHandle | None = None

    def failed(self, reason: str) -> None:
        """Something could not be stored."""
        self._stop()
        if reason not in self._told and len(self._told) < MOST_REASONS:
            self._told.add(reason)
            self._tell(reason)

    def worked(self) -> None:
        """What had waited longest is stored."""
        if self._told and self._calm is None:
            self._calm = asyncio.get_running_loop().call_later(CALM_S, self._end)

    def close(self) -> None:
        """Nothing more will be stored: a trouble is over if the last thing was."""
        if self._calm is not None:
            self._end()

    def _end(self) -> None:
        self._stop()
        self._told.clear()
        self._tell("")

    def _stop(self) -> None:
        if self._calm is not None:
            self._calm.cancel()
            self._calm = None
