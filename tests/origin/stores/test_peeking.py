from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.stores.memory import MemoryStore
from origin.stores.peeking import READ_AHEAD_BYTES, follow, peek
from origin.stores.protocol import ObjectMissing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from origin.stores.protocol import Looks

BODY = bytes(range(256)) * 1024


def test_what_is_wanted_is_read() -> None:

    def looks() -> Generator[tuple[int, int], bytes, bytes]:
        first = yield 10, 12
        second = yield first[0], first[0] + 1
        return first + second

    assert follow(looks(), lambda start, end: BODY[start:end]) == b"\x0a\x0b\x0a"


class Counting(MemoryStore):
    """A store with no way of its own, which notes what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, int | None]] = []

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self.asked.append((start, end))
        return super().stream(key, start, end)


def spans(*wanted: tuple[int, int]) -> Looks[tuple[int, list[bytes]]]:
    def looks(size: int) -> Generator[tuple[int, int], bytes, tuple[int, list[bytes]]]:
        found: list[bytes] = []
        for span in wanted:
            data = yield span
            found.append(data)
        return size, found

    return looks


async def test_a_store_without_a_way_of_its_own_is_asked_for_ranges() -> None:
    store = Counting()
    await store.put("a", (BODY,))
    wanted = [(0, 10), (20, 40), (100_000, 100_010), (5, 6), (200_000, 270_000)]
    size, found = await peek(store, "a", spans(*wanted))
    assert size == len(BODY)
    assert found == [BODY[start:end] for start, end in wanted]
    ahead = READ_AHEAD_BYTES
    assert store.asked == [(0, ahead), (100_000, 100_000 + ahead), (5, 5 + ahead), (200_000, len(BODY))]


async def test_who_knows_the_size_need_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Counting()
    await store.put("a", (BODY,))
    monkeypatch.setattr(store, "size", None)
    assert await peek(store, "a", spans((1, 2)), len(BODY)) == (len(BODY), [BODY[1:2]])


async def test_nothing_is_asked_of_what_wants_nothing() -> None:
    store = Counting()
    await store.put("a", (b"",))
    assert await peek(store, "a", spans()) == (0, [])
    assert store.asked == []


async def test_what_is_not_there_is_missing() -> None:
    with pytest.raises(ObjectMissing):
        await peek(Counting(), "a", spans((0, 1)))
