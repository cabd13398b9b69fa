"""One journal of each kind as several nodes see it. A new kind is tested by being listed in JOURNALS and here."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.bus.journals.memory import MemoryJournal

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


OPENERS: Final[Mapping[str, Callable[[Bounds], AbstractAsyncContextManager[Shared]]]] = {
    "memory": memory,
}
