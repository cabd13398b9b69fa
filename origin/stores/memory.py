"""A store that forgets everything at exit: for trials and tests."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING

from origin.observe import metrics
from origin.stores.protocol import CHUNK_BYTES, ObjectMissing, StoredObject, StoreError, checked_key, checked_prefix

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from pathlib import Path


class MemoryStore:
    """`memory:`. Bounded only by what is put into it; `ObjectStore` tells what the methods do."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] | None = {}

    @classmethod
    def open(cls, url: str) -> MemoryStore:
        """Make an empty store; nothing follows the colon."""
        if url != "memory:":
            raise StoreError("Write memory: with nothing behind it.")
        return cls()

    async def put(self, key: str, body: Sequence[bytes]) -> None:  # noqa: D102 - as ObjectStore
        metrics.store_requests.labels("put").inc()
        (await self._open())[checked_key(key)] = b"".join(body)

    async def take(self, key: str, path: Path) -> None:  # noqa: D102 - as Adopting; here, a large file is a mistake
        (await self._open())[checked_key(key)] = await asyncio.to_thread(path.read_bytes)

    async def get(self, key: str) -> bytes:  # noqa: D102 - as ObjectStore
        metrics.store_requests.labels("get").inc()
        return await self._find(key)

    async def stream(  # noqa: D102 - as ObjectStore
        self, key: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        metrics.store_requests.labels("get").inc()
        body = memoryview(await self._find(key))[start:end]
        for offset in range(0, len(body), CHUNK_BYTES):
            await self._open()
            yield bytes(body[offset : offset + CHUNK_BYTES])

    async def size(self, key: str) -> int | None:  # noqa: D102 - as ObjectStore
        metrics.store_requests.labels("head").inc()
        body = (await self._open()).get(checked_key(key))
        return None if body is None else len(body)

    async def delete(self, keys: Collection[str]) -> None:  # noqa: D102 - as ObjectStore
        metrics.store_requests.labels("delete").inc()
        objects = await self._open()
        for key in [checked_key(key) for key in keys]:
            objects.pop(key, None)

    async def list(  # noqa: D102 - as ObjectStore
        self, prefix: str, after: str | None, limit: int
    ) -> Sequence[StoredObject]:
        metrics.store_requests.labels("list").inc()
        checked_prefix(prefix)
        objects = await self._open()
        keys = sorted(key for key in objects if key.startswith(prefix) and key > (after or ""))
        return [StoredObject(key, len(objects[key])) for key in islice(keys, limit)]

    async def close(self) -> None:  # noqa: D102 - as ObjectStore
        self._objects = None

    async def _open(self) -> dict[str, bytes]:
        # Others must have their turn, as with a real store: a loop of calls that never wait would hold all the rest.
        await asyncio.sleep(0)
        if self._objects is None:
            raise StoreError("The store is closed.")
        return self._objects

    async def _find(self, key: str) -> bytes:
        body = (await self._open()).get(checked_key(key))
        if body is None:
            raise ObjectMissing(key)
        return body
