"""A bus within one process and one event loop: `memory:`."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self

from origin.bus.protocol import MAX_QUEUED, BusError, Lost, Message, checked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType


class MemoryBus:
    """Hands each message to the queues of those who have subscribed to its topic."""

    def __init__(self) -> None:
        self._topics: dict[str, set[MemorySubscription]] = {}
        self._closed = False

    @classmethod
    def open(cls, url: str) -> MemoryBus:
        """Make a bus; nothing follows the colon."""
        if url != "memory:":
            raise BusError("Write memory: with nothing behind it.")
        return cls()

    async def publish(self, topic: str, message: Mapping[str, str]) -> None:
        """Put the message into the queues."""
        said = checked(topic, message)
        self._check_open()
        for subscription in self._topics.get(topic, ()):
            subscription.take(said)

    def subscribe(self, topic: str) -> MemorySubscription:
        """Make a subscription."""
        checked(topic, {})
        return MemorySubscription(self, topic)

    async def close(self) -> None:
        """End all subscriptions."""
        self._closed = True
        for subscription in set[MemorySubscription]().union(*self._topics.values()):
            subscription.end()
        self._topics.clear()

    def add(self, topic: str, subscription: MemorySubscription) -> None:
        """Begin to serve a subscription."""
        self._check_open()
        self._topics.setdefault(topic, set()).add(subscription)

    def remove(self, topic: str, subscription: MemorySubscription) -> None:
        """Forget a subscription, and its topic with the last one."""
        listeners = self._topics.get(topic, set())
        listeners.discard(subscription)
        if not listeners:
            self._topics.pop(topic, None)

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("The bus is closed.")


class MemorySubscription:
    """A bounded queue. When it is full, all of it gives way to one `Lost`: what is newest counts."""

    def __init__(self, bus: MemoryBus, topic: str) -> None:
        self._bus = bus
        self._topic = topic
        self._queue: deque[Message] = deque()
        self._lost = 0
        self._ended = False
        self._stirred = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin."""
        self._bus.add(self._topic, self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._bus.remove(self._topic, self)
        self.end()

    def __aiter__(self) -> Self:
        """Give itself."""
        return self

    async def __anext__(self) -> Message | Lost:
        """Give what was lost, then what is queued; wait if there is neither."""
        while not (self._lost or self._queue):
            if self._ended:
                raise StopAsyncIteration
            self._stirred.clear()
            await self._stirred.wait()
        if self._lost:
            lost, self._lost = Lost(self._lost), 0
            return lost
        return self._queue.popleft()

    def take(self, message: Message) -> None:
        """Queue a message."""
        if len(self._queue) >= MAX_QUEUED:
            self._lost += len(self._queue)
            self._queue.clear()
        self._queue.append(message)
        self._stirred.set()

    def end(self) -> None:
        """Let the iteration end after what is queued."""
        self._ended = True
        self._stirred.set()
