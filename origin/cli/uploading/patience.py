"""How long to go on trying: pauses that grow, and begin anew with each byte that gets through."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0, 15.0)
"""A minute and a half in all: a server that restarts takes seconds, a machine that boots a minute."""
LONGEST_S: Final = 60.0
"""However long a server asks to wait."""


class SpentError(Exception):
    """It was tried often enough."""


class Patience:
    """For one file."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._tries = 0

    def refill(self) -> None:
        """Something got through."""
        self._tries = 0

    def pause(self, asked_s: float = 0.0) -> None:
        """Wait before the next try; longer, if the server asks for it. Raises `SpentError`."""
        if self._tries == len(PAUSES_S):
            raise SpentError
        self._sleep(min(max(PAUSES_S[self._tries], asked_s), LONGEST_S))
        self._tries += 1
