"""Looking into objects here and there, in any store: by `Peekable` where there is that, else by ranged reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from origin.stores.protocol import ObjectMissing, Peekable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from origin.stores.protocol import Looks, ObjectStore

T = TypeVar("T")

READ_AHEAD_BYTES: Final = 64 * 1024
"""The least that is asked of a store where each request is charged for: whole segments of sound, heads of pictures."""


async def peek(store: ObjectStore, key: str, looks: Looks[T], size: int | None = None) -> T:
    """Give what `looks` finds in the object; what it raises is raised here. Raises `StoreError`.

    Who knows the object's `size` saves a request; a store that looks by itself finds it out at no price.
    """
    if isinstance(store, Peekable):
        return await store.peek(key, looks)
    size = await store.size(key) if size is None else size
    if size is None:
        raise ObjectMissing(key)
    window, looking = _Window(store, key, size), looks(size)
    try:
        wanted = next(looking)
        while True:
            wanted = looking.send(await window.read(*wanted))
    except StopIteration as done:
        found: T = done.value
        return found


def follow(looking: Generator[tuple[int, int], bytes, T], read: Callable[[int, int], bytes]) -> T:
    """Give what it finds by `read`, which takes start and end."""
    try:
        wanted = next(looking)
        while True:
            wanted = looking.send(read(*wanted))
    except StopIteration as done:
        found: T = done.value
        return found


class _Window:
    """The bytes that were read last, of an object of `size`."""

    def __init__(self, store: ObjectStore, key: str, size: int) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._start = 0
        self._data = b""

    async def read(self, start: int, end: int) -> bytes:
        if not self._start <= start <= end <= self._start + len(self._data):
            until = min(max(end, start + READ_AHEAD_BYTES), self._size)
            chunks = [chunk async for chunk in self._store.stream(self._key, start, until)]
            self._start, self._data = start, b"".join(chunks)
        return self._data[start - self._start : end - self._start]
