"""What Hypercorn leaves open on a connection: deadlines for headers and for stalled readers, and how many there may be.

Hypercorn has no header deadline, no write deadline and no connection limit. A `Guard` watches one connection from the
outside; the application tells it when a request begins and ends through the context of the connection's task.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of the HTTP listener; times in seconds. `origin.web.descriptors` lowers counts where files are few."""

    connections: int = 16_384
    """All together: each costs some 30 KB, so this many cost half a gigabyte."""
    connections_per_address: int = 2_048
    """A proxy or a large household network is one address; a flood from one is still bounded."""
    backlog: int = 2_048
    """Connections the kernel may hold while the loop is busy; a crowd reconnects in the same second."""
    header_s: float = 10.0
    """From the first byte that may be sent to complete headers; a mobile client takes 2 s at its worst."""
    idle_s: float = 75.0
    """Between requests: above the 60 s for which nginx keeps upstream connections, or it meets closed ones."""
    stall_s: float = 30.0
    """A reader that takes nothing for this long is gone."""
    look_s: float = 2.0
    """How often a connection is looked at; deadlines are kept to within this."""


class Guard:
    """The watch over one connection: one timer that looks from time to time, since arming one a request costs more."""

    def __init__(self, transport: asyncio.WriteTransport, limits: HttpLimits) -> None:
        self._transport = transport
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._requests = 0
        self._unsent = 0
        self._unsent_since = self._loop.time()
        self._headers_due = self._loop.time() + limits.header_s
        self._timer = self._loop.call_later(limits.look_s, self._look)

    def request_begins(self) -> None:
        """Headers are complete: from now on the reader's progress is watched."""
        self._requests += 1

    def request_ends(self) -> None:
        """The next request may take its time, and its headers a little more."""
        self._requests -= 1
        self._headers_due = self._loop.time() + self._limits.idle_s + self._limits.header_s

    def release(self) -> None:
        """The connection is closed."""
        self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        unsent = self._transport.get_write_buffer_size()
        if not unsent or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        if unsent and now - self._unsent_since >= self._limits.stall_s:
            self._abort("reader_stalled")
        elif not self._requests and not unsent and now >= self._headers_due:
            self._abort("header_deadline")
        else:
            self._timer = self._loop.call_later(self._limits.look_s, self._look)

    def _abort(self, reason: str) -> None:
        metrics.http_refused.labels(reason).inc()
        self._transport.abort()


current_guard: ContextVar[Guard | None] = ContextVar("current_guard", default=None)
"""The guard of the connection that the running task serves."""


@contextmanager
def request_watched() -> Iterator[None]:
    """Tell the connection's guard of one request's begin and end."""
    guard = current_guard.get()
    if guard is None:
        yield
        return
    guard.request_begins()
    try:
        yield
    finally:
        guard.request_ends()


class Doorkeeper:
    """Counts connections, in all and by address."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()

    @contextmanager
    def admitted(self, address: str) -> Iterator[bool]:
        """Whether one more connection from `address` may come in, for the time of the block."""
        crowded = self._by_address.total() >= self._limits.connections
        if crowded or self._by_address[address] >= self._limits.connections_per_address:
            metrics.http_refused.labels("connections").inc()
            yield False
            return
        self._by_address[address] += 1
        try:
            yield True
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
