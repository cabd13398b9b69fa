"""HTTP/2 as Hypercorn speaks it, and what it leaves open there.

Hypercorn has 64 KiB parsed in one go: two thousand requests, each taken back at once ("rapid reset", CVE-2023-44487),
or seven thousand pings keep the event loop for a long time. A stream that was reset leaves its tree of priorities only
when its sender has its turn, and a tree of a thousand ends the connection with a traceback. So does the body of a
request that was answered before it was read, and a path that is not ASCII. A client that opens no window is waited for
for ever, so the connection's guard is told what is kept for it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from h2.errors import ErrorCodes
from h2.events import DataReceived, PriorityUpdated, RequestReceived, StreamReset
from h2.exceptions import ProtocolError
from hypercorn.events import Closed, RawData
from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.h2 import H2Protocol
from priority.priority import MissingStreamError

from origin.observe import metrics
from origin.web.connections import current_guard

if TYPE_CHECKING:
    from h2.events import Event as H2Event
    from hypercorn.events import Event
    from hypercorn.protocol.events import Event as StreamEvent

RESETS: Final = 200
"""Streams of one connection that may be reset in a row. A player drops a few requests when its viewer seeks."""
RESETS_REFILL_S: Final = 30.0
"""In which an empty budget is full again. Both numbers are Netty's (`decoderEnforceMaxRstFramesPerWindow`)."""
PIECE_BYTES: Final = 256
"""Parsed in one go: at most ten requests that are taken back, some 3 ms with all that they set off."""


@dataclass(slots=True)
class Resets:
    """A budget of resets, as a bucket that fills up again; times in seconds, from any clock."""

    at: float
    left: float = RESETS

    def spend(self, now: float) -> bool:
        """Take one; whether there was one."""
        self.left = min(RESETS, self.left + (now - self.at) * RESETS / RESETS_REFILL_S)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Http2(H2Protocol):
    """One HTTP/2 connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loop = asyncio.get_running_loop()
        self._resets = Resets(self._loop.time())
        self._heard = False
        self.sent = 0
        self._pass_on, self.send = self.send, self._count
        if guard := current_guard.get():
            guard.watch(self)

    def keeps(self) -> bool:
        """As `Flow`."""
        return any(each.buffer for each in self.stream_buffers.values())

    async def _count(self, event: Event) -> None:
        """Pass it on. What is no body counts too: a thousand answers to pings are as dear to the client as to us."""
        if isinstance(event, RawData):
            self.sent += len(event.data)
        await self._pass_on(event)

    async def handle(self, event: Event) -> None:
        """As Hypercorn's, but a small piece at a time, between which others have their turn."""
        if not isinstance(event, RawData):
            await super().handle(event)
            await self._let_go()
            return
        for start in range(0, len(event.data), PIECE_BYTES):
            if self._heard:  # not between pieces of one large frame, as uploads have them
                self._heard = False
                await asyncio.sleep(0)
            if not self.closed:
                await super().handle(RawData(event.data[start : start + PIECE_BYTES]))

    async def stream_send(self, event: StreamEvent) -> None:
        """As Hypercorn's; an answer that breaks off is told as such, or its client would wait for the rest for ever."""
        if isinstance(event, StreamClosed):
            await self._break_off(event.stream_id)
        await super().stream_send(event)

    async def _handle_events(self, events: list[H2Event]) -> None:
        self._heard = self._heard or bool(events)
        for event in events:
            if self.closed:
                return
            if isinstance(event, StreamReset):
                await self._reset(event.stream_id)
            elif isinstance(event, RequestReceived) and not _is_sound(event):
                self.connection.reset_stream(event.stream_id, ErrorCodes.PROTOCOL_ERROR)
                await self._reset(event.stream_id)
            elif isinstance(event, DataReceived) and event.stream_id not in self.streams:  # answered before it was read
                self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif not isinstance(event, PriorityUpdated):  # out of use (RFC 9113, 5.3.2); each could grow the tree
                await super()._handle_events([event])
        await self._flush()

    async def _reset(self, stream_id: int) -> None:
        """The client has taken a request back, or made us do so by an error of its own (CVE-2025-8671)."""
        await self._close_stream(stream_id)
        await self._forget(stream_id)
        if not self._resets.spend(self._loop.time()):
            await self._part()

    async def _break_off(self, stream_id: int) -> None:
        buffer = self.stream_buffers.get(stream_id)
        if buffer is None or buffer.complete:
            return
        with suppress(ProtocolError):  # the client has closed it
            self.connection.reset_stream(stream_id, ErrorCodes.INTERNAL_ERROR)
        await self._forget(stream_id)
        await self._flush()

    async def _let_go(self) -> None:
        """The connection is over: whoever waits for the client to take something would wait for ever."""
        for stream_id in tuple(self.stream_buffers):
            await self._forget(stream_id)

    async def _forget(self, stream_id: int) -> None:
        if buffer := self.stream_buffers.pop(stream_id, None):
            await buffer.close()
        with suppress(MissingStreamError):
            self.priority.remove_stream(stream_id)

    async def _part(self) -> None:
        """Say why, and close the connection; what is left of its requests is told that the client has gone."""
        metrics.http_refused.labels("http2_resets").inc()
        with suppress(ProtocolError):  # closed already
            self.connection.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
        await self._flush()
        await self.handle(Closed())
        await self.send(Closed())

    async def _send_data(self, stream_id: int) -> None:
        try:
            await super()._send_data(stream_id)
        except KeyError:  # it was reset while its last bytes were on their way
            await self._forget(stream_id)


def _is_sound(request: RequestReceived) -> bool:
    """Whether Hypercorn can read it: h2 lets a path through that is not ASCII, and a CONNECT that has none."""
    pseudo = dict(request.headers)
    return all(pseudo.get(name, b"\xff").isascii() for name in (b":method", b":path"))
