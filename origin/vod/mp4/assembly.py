"""The bytes of a planned file, from the objects that they rest in, in portions of a megabyte.

A store that reads here and there at no price is asked for a portion at a time, whose pieces it puts together in one go.
From any other, each rendition's segments are read from the first byte that is wanted to the last, one object after the
other, and the heads of parts between are skipped: two requests for a segment's time. A client takes the memory of a
portion, and of another while that is put together.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, cast

from origin.stores.protocol import Gatherable, ObjectMissing, StoreError
from packager.names import rendition_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence

    from origin.stores.protocol import ObjectStore
    from origin.stores.workers import Workers
    from origin.vod.mp4.plan_file import PlanFile, Stretch

PORTION_BYTES: Final = 1024 * 1024
"""Calls cost more than bytes: with the 256 KiB that are for crowds of viewers, two fifths more CPU. With twice as much,
fresh memory costs what calls save."""
STRETCHES: Final = 256
"""Looked up at a time: some tens of seconds of both renditions."""
_FAR: Final = PORTION_BYTES
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
        portion_end = min(start + PORTION_BYTES, end, plan.header_size)
        yield await workers.run(partial(plan.header, start, portion_end))
        start = portion_end
    reader: _Reader = _Gathering(store, prefix) if isinstance(store, Gatherable) else _Streaming(store, prefix)
    try:
        while start < end:
            stretches = await workers.run(partial(plan.stretches, start, end, STRETCHES))
            for portion in portions(stretches):
                data = await reader.read(portion)
                start += len(data)
                yield data
    except ObjectMissing:
        raise CutShortError from None
    finally:
        await reader.close()


def portions(stretches: Iterable[Stretch]) -> Iterator[list[Stretch]]:
    """The same bytes in lists of PORTION_BYTES each, the last one of fewer."""
    portion: list[Stretch] = []
    room = PORTION_BYTES
    for stretch in stretches:
        rest = stretch
        while rest.length >= room:
            yield [*portion, rest.cut(0, room)]
            rest, portion, room = rest.cut(room, rest.length), [], PORTION_BYTES
        if rest.length:
            portion.append(rest)
            room -= rest.length
    if portion:
        yield portion


class _Reader(Protocol):
    """Who gets portions, in the order of the file."""

    async def read(self, portion: Sequence[Stretch]) -> bytes:
        """The whole portion. Raises StoreError."""

    async def close(self) -> None:
        """Let go of all objects."""


class _Gathering:
    """By a store that puts portions together."""

    def __init__(self, store: Gatherable, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    async def read(self, portion: Sequence[Stretch]) -> bytes:
        pieces = [
            each.data if each.name is None else (self._prefix + each.name, each.offset, each.offset + each.length)
            for each in portion
        ]
        data = await self._store.gather(pieces)
        if len(data) != sum(each.length for each in portion):
            raise CutShortError
        return data

    async def close(self) -> None:
        """Nothing is held between two portions."""


class _Streaming:
    """By streams, one for each rendition."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._streams: dict[str, _Stream] = {}

    async def read(self, portion: Sequence[Stretch]) -> bytes:
        pieces: list[bytes | memoryview] = []
        for each in portion:
            if each.name is None:
                pieces.append(each.data)
                continue
            stream = self._streams.setdefault(rendition_of(each.name), _Stream(self._store))
            pieces += await stream.read(self._prefix + each.name, each.offset, each.length)
        return b"".join(pieces)

    async def close(self) -> None:
        for stream in self._streams.values():
            await stream.close()


class _Stream:
    """One object at a time, read forward."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._key = ""
        self._at = 0
        self._rest = memoryview(b"")
        self._chunks = _nothing()

    async def read(self, key: str, offset: int, length: int) -> list[memoryview]:
        """Give these bytes of an object. Raises StoreError."""
        if key != self._key or not 0 <= offset - self._at <= _FAR:
            await self.close()
            self._key, self._at, self._rest = key, offset, memoryview(b"")
            self._chunks = cast("AsyncGenerator[bytes, None]", self._store.stream(key, offset))  # every store's is one
        await self._take(offset - self._at)
        return await self._take(length)

    async def close(self) -> None:
        """Let go of the object."""
        await self._chunks.aclose()

    async def _take(self, length: int) -> list[memoryview]:
        """The next bytes, in the pieces that they come in."""
        pieces = []
        while length:
            while not self._rest:
                self._rest = memoryview(await self._next())
            piece, self._rest = self._rest[:length], self._rest[length:]
            self._at += len(piece)
            length -= len(piece)
            pieces.append(piece)
        return pieces

    async def _next(self) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            raise CutShortError from None


async def _nothing() -> AsyncGenerator[bytes, None]:
    """What is read before the first object."""
    return
    yield b""
