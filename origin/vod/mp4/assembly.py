"""The bytes of a planned file, from the objects that they rest in, in chunks of some 256 KiB.

Each rendition's segments are read from the first byte that is wanted to the last, one object after the other; what lies
between, the heads of parts, is skipped. So a client holds two open reads, whose chunks are all the memory it takes, and
a remote store is asked twice for a segment's time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, cast

from origin.stores.protocol import CHUNK_BYTES, ObjectMissing, StoreError
from packager.names import rendition_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from origin.stores.protocol import ObjectStore
    from origin.stores.workers import Workers
    from origin.vod.mp4.plan_file import PlanFile, Stretch

STRETCHES: Final = 256
"""Looked up at a time: some tens of seconds of both renditions."""
_FAR: Final = 4 * CHUNK_BYTES
"""A jump this long within an object begins another read; the head of a part is a thousandth of it."""


class CutShortError(StoreError):
    """An object has fewer bytes than when the file was planned, or is gone; what was sent is not the whole."""

    def __init__(self) -> None:
        super().__init__("A segment of this recording is not what it was.", "recording_damaged")


async def assemble(  # noqa: PLR0913 - what it is made of, and which part
    plan: PlanFile, store: ObjectStore, prefix: str, workers: Workers, *, start: int, end: int
) -> AsyncGenerator[bytes, None]:
    """Bytes `start` to before `end` of the file.

    Raises:
        StoreError: not all of it comes.
    """
    while start < min(end, plan.header_size):
        chunk_end = min(start + CHUNK_BYTES, end, plan.header_size)
        yield await workers.run(partial(plan.header, start, chunk_end))
        start = chunk_end
    readers, gathered = _Readers(store, prefix), _Gathered()
    try:
        while start < end:
            for stretch in await workers.run(partial(plan.stretches, start, end, STRETCHES)):
                start += stretch.length
                left = stretch.length
                while left:
                    piece = await readers.take(stretch, left)
                    left -= len(piece)
                    if chunk := gathered.add(piece):
                        yield chunk
        if chunk := gathered.take():
            yield chunk
    finally:
        await readers.close()


class _Readers:
    """One reader a rendition."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._readers: dict[str, _Reader] = {}

    async def take(self, stretch: Stretch, left: int) -> memoryview:
        """Give the next of the last `left` bytes of a stretch, as many as are at hand. Raises StoreError."""
        offset = stretch.length - left
        if stretch.name is None:
            return memoryview(stretch.data)[offset:]
        reader = self._readers.setdefault(rendition_of(stretch.name), _Reader(self._store))
        return await reader.take(self._prefix + stretch.name, stretch.offset + offset, left)

    async def close(self) -> None:
        """Let go of all objects."""
        for reader in self._readers.values():
            await reader.close()


class _Gathered:
    """Pieces until they are worth sending: below 256 KiB, calls cost more than bytes."""

    def __init__(self) -> None:
        self._pieces: list[memoryview] = []
        self._size = 0

    def add(self, piece: memoryview) -> bytes:
        """Take a piece, of a chunk's size at most; gives what has come together, if it is enough."""
        self._pieces.append(piece)
        self._size += len(piece)
        return self.take() if self._size >= CHUNK_BYTES else b""

    def take(self) -> bytes:
        """Give what has come together."""
        pieces, self._pieces, self._size = self._pieces, [], 0
        return b"".join(pieces)


class _Reader:
    """One object at a time, read forward."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._key = ""
        self._at = 0
        self._rest = memoryview(b"")
        self._chunks = _nothing()

    async def take(self, key: str, offset: int, most: int) -> memoryview:
        """Give bytes of an object from `offset` on, one at least and as many as are at hand. Raises StoreError."""
        await self._turn_to(key, offset)
        while not self._rest:
            await self._fill()
        return self._step(min(most, len(self._rest)))

    async def close(self) -> None:
        """Let go of the object."""
        await self._chunks.aclose()

    async def _turn_to(self, key: str, offset: int) -> None:
        if key != self._key or not 0 <= offset - self._at <= _FAR:
            await self.close()
            self._key, self._at, self._rest = key, offset, memoryview(b"")
            self._chunks = cast("AsyncGenerator[bytes, None]", self._store.stream(key, offset))  # every store's is one
        while self._at < offset:
            if not self._rest:
                await self._fill()
            self._step(min(offset - self._at, len(self._rest)))

    def _step(self, length: int) -> memoryview:
        piece, self._rest = self._rest[:length], self._rest[length:]
        self._at += length
        return piece

    async def _fill(self) -> None:
        try:
            self._rest = memoryview(await anext(self._chunks))
        except (StopAsyncIteration, ObjectMissing):
            raise CutShortError from None


async def _nothing() -> AsyncGenerator[bytes, None]:
    """What is read before the first object."""
    return
    yield b""
