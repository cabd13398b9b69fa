"""One journal of each kind as several nodes see it. A new kind is tested by being listed in JOURNALS and here."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from origin.bus.journals.memory import MemoryJournal
from origin.bus.journals.redis import RedisJournal
from origin.bus.redis_link import RedisLink
from tests.support.redis import RedisServer, empty_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from origin.bus.journals.protocol import Bounds, Journal


@dataclass(frozen=True)
class Shared:
    """Two writers' views of one journal and a reader's, new and empty; `wipe` makes it forget everything at once."""

    one: Journal
    two: Journal
    reader: Journal
    wipe: Callable[[], Awaitable[None]]


@asynccontextmanager
async def memory(bounds: Bounds) -> AsyncIterator[Shared]:
    journal = MemoryJournal(bounds)

    async def wipe() -> None:
        journal._histories.clear()

    yield Shared(journal, journal, journal, wipe)
    await journal.close()


@asynccontextmanager
async def redis(bounds: Bounds, url_of: Callable[[RedisServer], str]) -> AsyncIterator[Shared]:
    server = empty_server()
    one, two, reader = (RedisJournal(RedisLink.open(url_of(server)), bounds) for _ in range(3))

    async def wipe() -> None:
        assert server.do("FLUSHALL") == "+OK"

    yield Shared(one, two, reader, wipe)
    for journal in (one, two, reader):
        await journal.close()


OPENERS: Final[Mapping[str, Callable[[Bounds], AbstractAsyncContextManager[Shared]]]] = {
    "memory": memory,
    "redis": partial(redis, url_of=lambda server: server.url),
    "rediss": partial(redis, url_of=lambda server: server.secure_url),
}
