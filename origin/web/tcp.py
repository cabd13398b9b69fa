"""Hypercorn's connection handler, where it would wait for what cannot come any more.

When the client has closed, Hypercorn still sits out the time between requests, and the connection counts for as long.
What of a request's body nobody reads fills a queue of ten: then its answer waits to say that it is over, for ever. And
where an answer breaks off because the client has gone, requests that came behind it wait for their turn, for ever.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import hypercorn.asyncio.tcp_server
from hypercorn.asyncio.task_group import TaskGroup, _handle
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed, Updated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hypercorn.config import Config
    from hypercorn.events import Event
    from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, Scope

_OVER: Final = ("http.disconnect", "websocket.disconnect")


class Inbox:
    """What one request's application is told. It holds `most` messages; then whoever brings more waits.

    With the request's end it takes all that comes, and drops it: nobody is there to read it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._messages: deque[ASGIReceiveEvent] = deque()
        self._end: ASGIReceiveEvent | None = None
        self._changed = asyncio.Condition()

    async def put(self, message: ASGIReceiveEvent) -> None:
        """Hand it over as soon as there is room. That the request is over needs none."""
        async with self._changed:
            if message["type"] in _OVER:
                self._end = message
            else:
                await self._changed.wait_for(self._has_room)
                if self._end is None:
                    self._messages.append(message)
            self._changed.notify_all()

    async def get(self) -> ASGIReceiveEvent:
        """The next message; after the last one, each time, that the request is over."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._messages or self._end)
            if not self._messages and self._end:
                return self._end
            self._changed.notify_all()
            return self._messages.popleft()

    def _has_room(self) -> bool:
        return self._end is not None or len(self._messages) < self._most


class Tasks(TaskGroup):
    """The tasks of one connection."""

    async def spawn_app(
        self,
        app: AppWrapper,
        config: Config,
        scope: Scope,
        send: Callable[[ASGISendEvent | None], Awaitable[None]],
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """As Hypercorn's, with our inbox. There is no WSGI here, which alone would want the last two arguments."""
        inbox = Inbox(config.max_app_queue_size)
        self.spawn(_handle, app, config, scope, inbox.get, send, None, None)
        return inbox.put


hypercorn.asyncio.tcp_server.TaskGroup = Tasks  # type: ignore[attr-defined]  # `TCPServer` makes its own, by this name


class Connection(TCPServer):
    """One connection, which ends with its last answer when the client has closed, or has closed its half."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._heard_all = False
        self._reading: asyncio.Timeout | None = None

    async def protocol_send(self, event: Event) -> None:
        """As Hypercorn's, but there is no waiting for a next request that cannot come."""
        if not (self._heard_all and isinstance(event, Updated)):
            await super().protocol_send(event)
        if self._reading and self.writer.transport.is_closing():
            reading, self._reading = self._reading, None  # it takes being ended once
            reading.reschedule(self.loop.time())

    async def _read_data(self) -> None:
        """As Hypercorn's, until there is nobody to be answered, whatever has come and waits."""
        try:
            async with asyncio.timeout(None) as self._reading:
                await super()._read_data()
        except TimeoutError:
            await self.protocol.handle(Closed())
        finally:
            self._heard_all, self._reading = True, None
            await self.idle_task.stop()
