"""One connection for all that a process listens to on a Redis server.

Redis hands messages to whoever is connected, and to nobody else: what is published while we are away is gone.
So nothing here reconnects silently. When the server has confirmed a channel anew, its subscribers are handed a `Lost`,
and read the truth again; not before, since what they would read might change until then.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from redis.exceptions import RedisError

from origin.bus.protocol import BusError
from origin.bus.queues import Queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.asyncio import Connection

log = structlog.get_logger(__name__)
T = TypeVar("T")

ANSWER_S: Final = 3.0
"""Until a server counts as away. A round trip takes a millisecond, a fork or a failover some hundreds."""
CHECK_S: Final = 5.0
"""Between two questions whether the server is still there, and how long it may take to answer."""
PAUSE_S: Final = 0.05
"""After a failure, doubled after each that follows, up to `MAX_PAUSE_S`: a server that has a hard time gets room."""
MAX_PAUSE_S: Final = 5.0


@dataclass(eq=False)
class _Channel:
    """Who listens to a channel. `heard` is set while the server has it on the present connection."""

    name: str
    decode: Callable[[bytes], Any]
    queues: set[Queue[Any]] = field(default_factory=set)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    interrupted: bool = False


class RedisListener:
    """Subscriptions to channels. `new_connection` makes one that is not connected yet; `complaint` words an error."""

    def __init__(self, new_connection: Callable[[], Connection], complaint: Callable[[Exception], str]) -> None:
        self._new_connection = new_connection
        self._complaint = complaint
        self._channels: dict[str, _Channel] = {}
        self._task: asyncio.Task[None] | None = None
        self._outbox: asyncio.Queue[tuple[str, ...]] | None = None  # what is to be said on the present connection
        self._asked: deque[_Channel] = deque()  # in the order in which the server will confirm them
        self._replies = 0
        self._trouble = ""
        self._closed = False

    def subscribe(
        self, channel: str, decode: Callable[[bytes], T], weigh: Callable[[T], int] = lambda _: 1
    ) -> Queue[T]:
        """Make a subscription. Where `decode` raises ValueError, subscribers see a `Lost`.

        Entering it raises `BusError` after `ANSWER_S` at the latest if the server has not confirmed it.
        """
        return Queue(partial(self.join, channel, decode), partial(self.leave, channel), weigh)

    async def close(self) -> None:
        """End all subscriptions, and the connection."""
        self._closed = True
        self.end("")
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def end(self, prefix: str) -> None:
        """End all subscriptions to channels that begin with `prefix`."""
        for channel in [channel for name, channel in self._channels.items() if name.startswith(prefix)]:
            channel.heard.set()
            for queue in list(channel.queues):
                queue.end()
                self.leave(channel.name, queue)

    async def join(self, name: str, decode: Callable[[bytes], Any], queue: Queue[Any]) -> None:
        """Begin to serve a queue of one's own, as `subscribe` does."""
        self._check_open()
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = _Channel(name, decode)
            self._ask(channel)
        channel.queues.add(queue)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(ANSWER_S):
                await channel.heard.wait()
        except BaseException as error:
            self.leave(name, queue)
            if isinstance(error, TimeoutError):
                raise BusError(self._trouble or self._complaint(error)) from None
            raise
        self._check_open()

    def leave(self, name: str, queue: Queue[Any]) -> None:
        """Stop serving a queue, and listening to the channel with the last one."""
        channel = self._channels.get(name)
        if channel is None:
            return
        channel.queues.discard(queue)
        if not channel.queues:
            del self._channels[name]
            if self._outbox is not None:
                self._outbox.put_nowait(("UNSUBSCRIBE", name))

    def _ask(self, channel: _Channel) -> None:
        if self._outbox is not None:
            self._asked.append(channel)
            self._outbox.put_nowait(("SUBSCRIBE", channel.name))

    async def _run(self) -> None:
        """Keep a connection, with a pause after each that failed."""
        failures = 0
        while True:
            before = self._replies
            connection = self._new_connection()
            try:
                async with asyncio.timeout(ANSWER_S):
                    await connection.connect()  # type: ignore[no-untyped-call]  # redis-py leaves some out
                await self._serve(connection)
            except* (RedisError, OSError) as group:
                self._trouble = self._complaint(_first(group))
            finally:
                self._interrupt()
                with suppress(RedisError, OSError):
                    await connection.disconnect()
            failures = 1 if self._replies > before else failures + 1
            if failures == 1:
                log.warning("bus_connection_lost", detail=self._trouble)
            pause = min(MAX_PAUSE_S, PAUSE_S * 2 ** min(failures, 10))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads nodes out, hides nothing

    async def _serve(self, connection: Connection) -> None:
        """Ask for all channels, and use the connection until it fails."""
        outbox = self._outbox = asyncio.Queue()
        for channel in self._channels.values():
            self._ask(channel)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write(connection, outbox))
            tasks.create_task(self._read(connection))
            tasks.create_task(self._check(outbox))

    def _interrupt(self) -> None:
        """Remember who must be told of what is missing once the server is there again."""
        self._outbox = None
        self._asked.clear()
        for channel in self._channels.values():
            channel.interrupted = channel.interrupted or channel.heard.is_set()
            channel.heard.clear()

    async def _write(self, connection: Connection, outbox: asyncio.Queue[tuple[str, ...]]) -> None:
        while True:
            await connection.send_command(*await outbox.get())

    async def _read(self, connection: Connection) -> None:
        while True:
            # Closing is left to `_run`, which waits for its end: over TLS it takes a word to the server.
            reply = await connection.read_response(timeout=math.inf, disconnect_on_error=False)
            self._replies += 1
            self._trouble = ""
            match reply:
                case [b"message", name, body]:
                    self._deliver(name.decode(), body)
                case [b"subscribe", *_]:
                    self._confirm(self._asked.popleft())

    async def _check(self, outbox: asyncio.Queue[tuple[str, ...]]) -> None:
        """Ask for an answer now and then: a peer that has vanished closes nothing."""
        while True:
            before = self._replies
            outbox.put_nowait(("PING",))
            await asyncio.sleep(CHECK_S)
            if self._replies == before:
                raise TimeoutError

    def _confirm(self, channel: _Channel) -> None:
        channel.heard.set()
        if channel.interrupted:
            channel.interrupted = False
            for queue in channel.queues:
                queue.lose()

    def _deliver(self, name: str, body: bytes) -> None:
        channel = self._channels.get(name)
        if channel is None:
            return
        try:
            item = channel.decode(body)
        except ValueError:  # of a node of another version
            for queue in channel.queues:
                queue.lose()
            return
        for queue in channel.queues:
            queue.take(item)

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("The bus is closed.")


def _first(group: BaseExceptionGroup[Any]) -> Exception:
    """Give the failure itself: what was raised alone, or in a task of the group."""
    error: Any = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error  # type: ignore[no-any-return]  # an Exception, as the clause that caught it says
