"""What Hypercorn leaves open on a connection: deadlines for headers and for stalled readers, and how many there may be.

Hypercorn has no header deadline, no write deadline and no connection limit. A `Guard` watches one connection from the
outside; the application tells it when a request begins and ends through the context of the connection's task. The
`Doorkeeper` has a `Place` for each, and where all are taken an idle one is given to the next that comes.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import TYPE_CHECKING, Final, Protocol

from origin.crowd import Crowd
from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator


HTTP2_PREFACE: Final = b"PRI * HTTP/2.0"
"""RFC 9113 3.4. Its frames between requests (PING, WINDOW_UPDATE) begin no request: only `idle_s` counts there."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of the HTTP listener; times in seconds. `origin.web.descriptors` lowers counts where files are few."""

    connections: int = 16_384
    """All together: each costs some 30 KB, so this many cost half a gigabyte. Where they are taken, the next one gets
    the place of one between two requests (`origin.crowd`)."""
    connections_per_address: int = 2_048
    """A proxy or a large household network is one address; a flood from one is still bounded."""
    backlog: int = 2_048
    """Connections the kernel may hold while the loop is busy; a crowd reconnects in the same second."""
    header_s: float = 10.0
    """For complete headers: from the connection for the first, from their first byte for the next ones. A mobile client
    takes 2 s at its worst."""
    idle_s: float = 75.0
    """Between requests: above the 60 s for which nginx keeps upstream connections, or it meets closed ones."""
    stall_s: float = 30.0
    """A reader that takes less than `stall_bytes` for this long is gone, or holds our memory for its own sake."""
    stall_bytes: int = 16 * 1024
    """In 30 s 4 kbit/s, a tenth of what the poorest audio needs; less than one record of TLS."""
    look_s: float = 2.0
    """How often a connection is looked at; deadlines are kept to within this."""


def untaken(transport: asyncio.WriteTransport) -> int:
    """Bytes for which `transport` waits, and those before them that the peer has not acknowledged; 0 while none wait.

    The kernel's queue counts (SIOCOUTQ in tcp(7), that is TIOCOUTQ; 2 us): it holds up to megabytes and takes more only
    when a third is free, so before a slow reader our own buffer stands still for minutes and then jumps. Where a kernel
    cannot say, that must do. What is in its queue alone is no longer our memory.
    """
    waiting = transport.get_write_buffer_size()
    socket = transport.get_extra_info("socket") if waiting else None
    if socket is not None:
        with suppress(OSError, ValueError):  # no such request; closed meanwhile
            waiting += int.from_bytes(ioctl(socket.fileno(), TIOCOUTQ, bytes(4)), sys.byteorder)
    return waiting


class Flow(Protocol):
    """What a connection with flow control of its own (HTTP/2) has for its client."""

    @property
    def sent(self) -> int:
        """Bytes of bodies that the client has let us send so far."""

    def keeps(self) -> bool:
        """Whether there are bytes that it has not."""


class Guard:
    """The watch over one connection: one timer that looks from time to time, since arming one a request costs more."""

    def __init__(self, transport: asyncio.WriteTransport, limits: HttpLimits) -> None:
        self._transport = transport
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._requests = 0
        self._awaited = 0
        self._busy = False
        self._unsent = 0
        self._unsent_since = self._loop.time()
        self._flow: Flow | None = None
        self._sent = 0
        self._sent_since = self._loop.time()
        self._heads = True
        self._heard = False
        self._headers_due = self._loop.time() + limits.header_s
        self._timer = self._loop.call_later(limits.look_s, self._look)
        self._place = current_place.get()
        if self._place:
            self._place.watched_by(self)

    def watch(self, flow: Flow) -> None:
        """Look at this as well from now on: no byte of it reaches the transport before the client wants it."""
        self._flow = flow

    def request_begins(self) -> None:
        """Headers are complete: from now on the reader's progress is watched."""
        self._requests += 1
        self._heard = False
        self._settle()

    def body_awaited(self) -> None:
        """A request is not whole yet. Else a head would keep a place, for as long as a body may take."""
        self._awaited += 1
        self._settle()

    def body_ends(self) -> None:
        """It is whole, or nobody waits for the rest."""
        self._awaited -= 1
        self._settle()

    def received(self, data: bytes) -> None:
        """Bytes have come. Between requests they begin the next one's head, and its time."""
        if data.startswith(HTTP2_PREFACE):
            self._heads = False
        if data and self._heads and not self._requests and not self._heard:
            self._heard = True
            self._headers_due = min(self._headers_due, self._loop.time() + self._limits.header_s)

    def request_ends(self) -> None:
        """The next request may take its time, and its headers a little more."""
        self._requests -= 1
        self._heard = False
        self._headers_due = self._loop.time() + self._limits.idle_s + self._limits.header_s
        self._settle()

    def give_way(self) -> None:
        """Hang up: another needs the place."""
        self._timer.cancel()
        self._abort("displaced")

    def release(self) -> None:
        """The connection is closed. Bytes that became no request were answered with 400, if at all."""
        self._timer.cancel()
        if self._heard:
            metrics.http_refused.labels("bad_request").inc()

    def _settle(self) -> None:
        """A place is kept while a whole request waits for its answer."""
        busy = self._requests > self._awaited
        if self._place and busy != self._busy:
            self._busy = busy
            (self._place.works if busy else self._place.rests)()

    def _look(self) -> None:
        now = self._loop.time()
        unsent = untaken(self._transport)
        if not unsent or self._moved(unsent):
            self._unsent, self._unsent_since = unsent, now
        stalled = self._withheld(now, unsent) or (unsent and now - self._unsent_since >= self._limits.stall_s)
        if stalled:
            self._abort("reader_stalled")
        elif not self._requests and not unsent and now >= self._headers_due:
            self._abort("header_deadline")
        else:
            self._timer = self._loop.call_later(self._limits.look_s, self._look)

    def _withheld(self, now: float, unsent: int) -> bool:
        """Whether the client has kept its windows shut for too long; while the line is the bottleneck, it has not."""
        if self._flow is None:
            return False
        if unsent or not self._flow.keeps() or self._flow.sent - self._sent >= self._limits.stall_bytes:
            self._sent, self._sent_since = self._flow.sent, now
            return False
        return now - self._sent_since >= self._limits.stall_s

    def _moved(self, unsent: int) -> bool:
        """Whether enough was taken since the last time; or something was added, as happens when there is room again."""
        return unsent > self._unsent or self._unsent - unsent >= self._limits.stall_bytes

    def _abort(self, reason: str) -> None:
        self._heard = False
        metrics.http_refused.labels(reason).inc()
        self._transport.abort()


class WatchedReader:
    """What Hypercorn uses of a `StreamReader`, with a guard that hears of all that comes."""

    def __init__(self, reader: asyncio.StreamReader, guard: Guard) -> None:
        self._reader = reader
        self._guard = guard

    async def read(self, most: int) -> bytes:
        """As the reader's."""
        data = await self._reader.read(most)
        self._guard.received(data)
        return data

    def at_eof(self) -> bool:
        """As the reader's."""
        return self._reader.at_eof()


class Watch(Protocol):
    """Who can hang up on a connection."""

    def give_way(self) -> None:
        """Do so, for somebody else needs the place."""


class Place:
    """One connection's, in the crowd of all."""

    def __init__(self, crowd: Crowd[Place], address: str) -> None:
        self._crowd = crowd
        self._watch: Watch | None = None
        crowd.join(self, address)
        crowd.busy(self)

    def watched_by(self, watch: Watch) -> None:
        """Somebody is there who can hang up."""
        self._watch = watch
        self.rests()

    def works(self) -> None:
        """A whole request is under way, and has a right to be answered."""
        self._crowd.busy(self)

    def rests(self) -> None:
        """None is, from now on."""
        self._crowd.idle(self)

    def give_way(self) -> None:
        """Hang up."""
        if self._watch:
            self._watch.give_way()


current_place: ContextVar[Place | None] = ContextVar("current_place", default=None)
"""The place of the connection that the running task serves."""
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


@contextmanager
def body_awaited() -> Iterator[None]:
    """Tell the connection's guard that the running request is not whole within the block."""
    guard = current_guard.get()
    if guard is None:
        yield
        return
    guard.body_awaited()
    try:
        yield
    finally:
        guard.body_ends()


class Doorkeeper:
    """Counts connections, in all and by address, and knows who is between two requests."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._crowd: Crowd[Place] = Crowd()
        self._by_address: Counter[str] = Counter()

    @contextmanager
    def admitted(self, address: str) -> Iterator[bool]:
        """Whether one more connection from `address` may come in, for the time of the block.

        Its guard, made within, finds its place by the context.
        """
        if self._by_address[address] >= self._limits.connections_per_address or not self._has_room(address):
            metrics.http_refused.labels("connections").inc()
            yield False
            return
        self._by_address[address] += 1
        place = Place(self._crowd, address)
        before = current_place.set(place)
        try:
            yield True
        finally:
            current_place.reset(before)
            self._crowd.leave(place)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def _has_room(self, address: str) -> bool:
        if len(self._crowd) < self._limits.connections:
            return True
        displaced = self._crowd.next_to_go(address)
        if displaced is None:
            return False
        self._crowd.leave(displaced)
        displaced.give_way()
        return True
