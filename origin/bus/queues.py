"""The bounded queues of those who listen, the same for every kind of bus and journal.

A kind calls `Exchange.deliver` from the event loop; nobody who is slow holds up anybody else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from origin.bus.protocol import MAX_MESSAGE_BYTES, MAX_QUEUED, Lost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

T = TypeVar("T")


def units(size: int) -> int:
    """How much of a queue something of `size` bytes takes: a message's room for every `MAX_MESSAGE_BYTES`."""
    return 1 + size // MAX_MESSAGE_BYTES


class Queue(Generic[T]):
    """A subscription. When it is full, all of it gives way to one `Lost`: what is newest counts.

    `begin` is awaited on entering, and `end` called on leaving; `weigh` gives the units of an item.
    """

    def __init__(
        self,
        begin: Callable[[Queue[T]], Awaitable[None]],
        end: Callable[[Queue[T]], None],
        weigh: Callable[[T], int] = lambda _: 1,
    ) -> None:
        self._begin = begin
        self._end = end
        self._weigh = weigh
        self._items: deque[T] = deque()
        self._weight = 0
        self._lost: int | None = None
        self._ended = False
        self._stirred = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin."""
        await self._begin(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._end(self)
        self.end()

    def __aiter__(self) -> Self:
        """Give itself."""
        return self

    async def __anext__(self) -> T | Lost:
        """Give what was lost, then what is queued; wait if there is neither."""
        while self._lost is None and not self._items:
            if self._ended:
                raise StopAsyncIteration
            self._stirred.clear()
            await self._stirred.wait()
        if self._lost is not None:
            lost, self._lost = Lost(self._lost), None
            return lost
        item = self._items.popleft()
        self._weight -= self._weigh(item)
        return item

    def take(self, item: T) -> None:
        """Queue an item."""
        weight = self._weigh(item)
        if self._weight + weight > MAX_QUEUED:
            self._give_way(len(self._items))
        self._items.append(item)
        self._weight += weight
        self._stirred.set()

    def lose(self) -> None:
        """Say that something is missing here, and nobody knows how much."""
        self._give_way(0)
        self._stirred.set()

    def end(self) -> None:
        """Let the iteration end after what is queued."""
        self._ended = True
        self._stirred.set()

    def _give_way(self, count: int) -> None:
        """Replace what is queued by a `Lost`; one of an unknown number stays unknown."""
        known = count != 0 and self._lost != 0
        self._lost = (self._lost or 0) + count if known else 0
        self._items.clear()
        self._weight = 0


class Exchange(Generic[T]):
    """Who listens to which topic."""

    def __init__(self) -> None:
        self._topics: dict[str, set[Queue[T]]] = {}

    @property
    def topics(self) -> list[str]:
        """Those that somebody listens to."""
        return list(self._topics)

    def __contains__(self, topic: str) -> bool:
        """Tell whether anybody listens to the topic."""
        return topic in self._topics

    def add(self, topic: str, queue: Queue[T]) -> None:
        """Begin to serve a queue."""
        self._topics.setdefault(topic, set()).add(queue)

    def remove(self, topic: str, queue: Queue[T]) -> None:
        """Forget a queue, and its topic with the last one."""
        queues = self._topics.get(topic, set())
        queues.discard(queue)
        if not queues:
            self._topics.pop(topic, None)

    def deliver(self, topic: str, item: T) -> None:
        """Queue an item for all who listen to the topic."""
        for queue in self._topics.get(topic, ()):
            queue.take(item)

    def lose(self, topic: str) -> None:
        """Tell all who listen to the topic that something is missing."""
        for queue in self._topics.get(topic, ()):
            queue.lose()

    def end(self) -> None:
        """End and forget all queues."""
        for queue in set[Queue[T]]().union(*self._topics.values()):
            queue.end()
        self._topics.clear()
