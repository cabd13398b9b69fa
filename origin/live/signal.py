"""Wakes everybody who waits for the next change of something."""

from __future__ import annotations

import asyncio


class Signal:
    """A condition without a lock: waiters get the next `fire`, none is missed by who looked before waiting."""

    def __init__(self) -> None:
        self._next: asyncio.Future[None] | None = None

    def fire(self) -> None:
        """Wake all who wait now."""
        if self._next is not None and not self._next.done():
            self._next.set_result(None)
        self._next = None

    def next(self) -> asyncio.Future[None]:
        """A future that the next `fire` completes. It is shared: wait on it through `asyncio.wait` or a shield."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        return self._next
