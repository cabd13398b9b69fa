"""Sound on the grid of its sample rate: frames last what their codec says, and stamps only tell where they begin."""

from __future__ import annotations


class Grid:
    """Containers that stamp milliseconds round each frame anew; counted, frames join without a seam.

    A stamp that is a frame or more away from the count is a real gap, and the count goes on from there.
    """

    def __init__(self) -> None:
        self._next: int | None = None

    def place(self, stamp: int, span: int) -> int:
        """Where a frame that lasts `span` begins, by its stamp; all in samples."""
        if self._next is None or abs(stamp - self._next) >= span:
            self._next = stamp
        at = self._next
        self._next += span
        return at
