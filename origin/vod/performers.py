"""What a worker asks of whoever does the jobs of one kind, and the three ways in which that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.catalog.jobs import Job


class RefusedError(Exception):
    """The job can never be done; the text is a sentence for who ordered it."""


class BrokenOffError(Exception):
    """It broke off, and may do so again: it is tried once more. The text is a sentence for who ordered it."""


class GoneError(Exception):
    """The job is another attempt's now, or was cancelled: leave it."""


class Performer(Protocol):
    """Does the jobs of one kind, several at once."""

    async def perform(self, job: Job, report: Callable[[float], None]) -> None:
        """Do it, and tell how far it has come, 0 to 1, with `report`, which costs nothing.

        May be called again for the same job, under a later attempt, while this one still believes that it is alone: so
        whatever it writes must bear the attempt, or be done in a transaction that has the job (`jobs.lock`). Cancelled
        when the job is not ours any more, or the server stops; then it leaves nothing running.

        Raises the errors above; any other may pass, and the job is tried again after a while.
        """
