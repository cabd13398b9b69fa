"""What the origin asks of a bus: to tell all who listen to a topic, soon, and to admit it when it could not.

A bus is a hint, not a record. Messages can be lost (a slow subscriber, a broken connection); the subscriber is then
handed a `Lost` in their place and reads the truth again from where it is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar

from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

MAX_MESSAGE_BYTES: Final = 16 * 1024
"""Names, numbers and reasons fit; media does not belong here."""
MAX_QUEUED: Final = 256
"""Messages kept for a subscriber that is busy, 4 MB at the most; by then it does better to read the truth again."""

T_co = TypeVar("T_co", covariant=True)
_TOPIC: Final = re.compile(r"[A-Za-z0-9._:/-]{1,200}")


class BusError(Problem):
    """The bus cannot be used; the detail says what an operator can do. `bus_failed`, 503."""

    def __init__(self, detail: str) -> None:
        super().__init__("bus_failed", detail)


@dataclass(frozen=True, slots=True)
class Message:
    """What was published. `values` must not be changed: other subscribers may have the same one."""

    topic: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lost:
    """Messages are missing here: `count` of them, or 0 where that is not known. Those that follow are newer."""

    count: int


class Subscription(Protocol[T_co]):
    """Iterates over what comes from the moment that `async with` was entered. One task iterates.

    Ends when the bus is closed; leaving `async with` ends it too and frees what it holds.
    """

    async def __aenter__(self) -> Self:
        """Begin: what is published from now on will be seen."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def __aiter__(self) -> Self:
        """Give itself."""

    async def __anext__(self) -> T_co | Lost:
        """Wait for the next one, of which no more than `MAX_QUEUED` are kept."""


class Bus(Protocol):
    """Topics that anybody may publish to. Methods raise `BusError`, and `ValueError` for what `checked` refuses."""

    async def publish(self, topic: str, message: Mapping[str, str]) -> None:
        """Tell all subscribers of the topic, without waiting for them. A publisher's messages keep their order."""

    def subscribe(self, topic: str) -> Subscription[Message]:
        """Make a subscription, to be entered with `async with`."""

    async def close(self) -> None:
        """End all subscriptions. May be called more than once."""


def checked(topic: str, message: Mapping[str, str]) -> Message:
    """Make a message of it, copied; ValueError if the topic has strange characters or the message is too large."""
    if not _TOPIC.fullmatch(topic):
        raise ValueError(f"{topic!r} is not a topic.")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in message.items())
    if size > MAX_MESSAGE_BYTES:
        raise ValueError(f"A message of {size} bytes is too large for the bus ({MAX_MESSAGE_BYTES}).")
    return Message(topic, dict(message))
