from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from origin.stores.disk import DiskStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest_asyncio.fixture
async def store(root: Path) -> AsyncIterator[DiskStore]:
    store = DiskStore.open(f"file:{root}")
    yield store
    await store.close()
