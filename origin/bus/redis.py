"""A bus over the publish/subscribe of a Redis server: `redis:` and, over TLS, `rediss:`.

Channels are named `headwater:<database>:bus:<topic>`: Redis has one space of channels for all of its databases.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from origin.bus.protocol import Message, checked
from origin.bus.redis_link import RedisLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from origin.bus.queues import Queue


class RedisBus:
    """Publishes over the link's commands, and listens over its one listening connection."""

    def __init__(self, link: RedisLink) -> None:
        self.link = link

    @classmethod
    def open(cls, url: str) -> RedisBus:
        """Make a bus; it connects when it is first used. Raises `BusError` for a URL that cannot be read."""
        return cls(RedisLink.open(url))

    async def publish(self, topic: str, message: Mapping[str, str]) -> None:
        """Hand the message to the server."""
        said = checked(topic, message)
        await self.link.do("PUBLISH", self._channel(topic), json.dumps(said.values, ensure_ascii=False))

    def subscribe(self, topic: str) -> Queue[Message]:
        """Make a subscription."""
        checked(topic, {})
        return self.link.listener.subscribe(self._channel(topic), partial(_decoded, topic))

    async def close(self) -> None:
        """End all subscriptions and connections."""
        await self.link.close()

    def _channel(self, topic: str) -> str:
        return f"headwater:{self.link.address.database}:bus:{topic}"


def _decoded(topic: str, body: bytes) -> Message:
    values = json.loads(body)
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ValueError("a message is an object of strings")
    return checked(topic, values)
