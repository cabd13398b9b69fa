"""A package below a prefix of an object store."""

from __future__ import annotations

from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Final

from origin.cli.verifying.sources import Digest, FileError, FileMissing, digested, joined
from origin.stores.protocol import ObjectMissing, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from origin.stores.protocol import ObjectStore

PAGE: Final = 1_000
"""What S3 lists in one call."""


class Bucket:
    """`Source` tells what the methods do. The store's URL ends where the package begins."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def get(self, name: str, most: int) -> bytes:  # noqa: D102 - as Source
        with _told():
            async with aclosing(_stream(self._store, name, most)) as chunks:
                return await joined(chunks, most)

    async def digest(self, name: str, most: int) -> Digest:  # noqa: D102 - as Source
        with _told():
            async with aclosing(_stream(self._store, name, most)) as chunks:
                return await digested(chunks, most)

    async def names(self) -> AsyncIterator[str]:  # noqa: D102 - as Source
        after: str | None = None
        with _told():
            while page := await self._store.list("", after, PAGE):
                for found in page:
                    yield found.key
                after = page[-1].key

    async def close(self) -> None:  # noqa: D102 - as Source
        await self._store.close()


async def _stream(store: ObjectStore, name: str, most: int) -> AsyncGenerator[bytes]:
    async for chunk in store.stream(name, 0, most + 1):
        yield chunk


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ObjectMissing:
        raise FileMissing from None
    except StoreError as error:
        raise FileError("unreadable", error.detail) from error
