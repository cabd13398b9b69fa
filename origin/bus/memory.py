"""A bus within one process and one event loop: `memory:`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from origin.bus.protocol import BusError, Message, checked
from origin.bus.queues import Exchange, Queue

if TYPE_CHECKING:
    from collections.abc import Mapping


class MemoryBus:
    """Hands each message to the queues of those who have subscribed to its topic."""

    def __init__(self) -> None:
        self._exchange: Exchange[Message] = Exchange()
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
        self._exchange.deliver(topic, said)

    def subscribe(self, topic: str) -> Queue[Message]:
        """Make a subscription."""
        checked(topic, {})
        return Queue(partial(self._join, topic), partial(self._exchange.remove, topic))

    async def close(self) -> None:
        """End all subscriptions."""
        self._closed = True
        self._exchange.end()

    async def _join(self, topic: str, queue: Queue[Message]) -> None:
        self._check_open()
        self._exchange.add(topic, queue)

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("The bus is closed.")
