"""The object that is to be packaged, as an open file: the store's own where it has files, else a copy on scratch."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from origin.errors import Problem
from origin.stores.protocol import ObjectMissing, Openable
from origin.vod.performers import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import BinaryIO

    from origin.catalog.packages import Order
    from origin.stores.protocol import ObjectStore
    from origin.vod.packaging.scratch import Scratch

SPARE_BYTES: Final = 512 << 20
"""Room that is left on the disk: for segments on their way, other copies under way, and whatever else needs it."""


@asynccontextmanager
async def opened(store: ObjectStore, order: Order, scratch: Scratch, folder: Path) -> AsyncIterator[BinaryIO]:
    """The object's bytes, from the first one on.

    Raises:
        RefusedError: the object was deleted.
        Problem: the store fails, or there is no room for a copy now.
    """
    try:
        file = await (
            store.open_file(order.key) if isinstance(store, Openable) else _copied(store, order, scratch, folder)
        )
    except ObjectMissing:
        raise RefusedError("The object was deleted before it was packaged; upload it again.") from None
    try:
        yield file
    finally:
        file.close()


async def _copied(store: ObjectStore, order: Order, scratch: Scratch, folder: Path) -> BinaryIO:
    if scratch.free_bytes < order.size + SPARE_BYTES:
        raise Problem("worker_failed", "There is not enough room on the worker's disk for a copy of the object.")
    copy = folder / "source"
    file = copy.open("w+b")
    copy.unlink()
    try:
        async for chunk in store.stream(order.key, 0, order.size):
            await asyncio.to_thread(file.write, chunk)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
