from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from tests.origin.vod.packaging.works import Works

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from origin.stores.protocol import ObjectStore


@pytest.fixture(params=["disk", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    """One whose objects are files of this machine, and one from which they are copied."""
    store: ObjectStore = DiskStore(tmp_path / "objects") if request.param == "disk" else MemoryStore()
    yield store
    await store.close()


@pytest.fixture
async def works(tmp_path: Path, store: ObjectStore) -> AsyncIterator[Works]:
    works = await asyncio.to_thread(Works, tmp_path, store)
    yield works
    await asyncio.to_thread(works.close)
