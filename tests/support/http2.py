"""An HTTP/2 client frame by frame, and a listener for it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded

from origin.web.connections import HttpLimits
from origin.web.listener import HttpListener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Client:
    """An HTTP/2 client that checks nothing of what it sends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.h2 = H2Connection(H2Configuration(validate_outbound_headers=False))
        self.h2.initiate_connection()
        self.events: list[Any] = []

    def ask(self, path: str = "/", *, end: bool = True, **others: str) -> int:
        stream_id = self.h2.get_next_available_stream_id()
        headers = [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", "x")]
        self.h2.send_headers(stream_id, [*headers, *others.items()], end_stream=end)
        return stream_id

    def send(self, more: bytes = b"") -> None:
        self.writer.write(self.h2.data_to_send() + more)

    async def until(self, kind: type[Any] | tuple[type[Any], ...], stream_id: int | None = None) -> Any:
        """The next event of a kind, of a stream if one is given."""
        async with asyncio.timeout(20):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and stream_id in {None, getattr(event, "stream_id", None)}:
                        self.events.remove(event)
                        return event
                data = await self.reader.read(65_536)
                assert data, f"closed without {kind}"
                self.events += self.h2.receive_data(data)

    async def answered(self) -> None:
        """Ask for one thing, and wait until it has come."""
        stream_id = self.ask()
        self.send()
        await self.until(StreamEnded, stream_id)


@asynccontextmanager
async def serving(app: Any, limits: HttpLimits | None = None) -> AsyncIterator[tuple[str, int]]:
    """A listener with an application; gives its address."""
    listener = HttpListener(limits or HttpLimits())
    address = await listener.bind("127.0.0.1", 0)
    await listener.serve(app)
    try:
        yield address
    finally:
        await listener.close(0.0)


@asynccontextmanager
async def connected(address: tuple[str, int]) -> AsyncIterator[Client]:
    """A client that knows beforehand that it may speak HTTP/2."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
