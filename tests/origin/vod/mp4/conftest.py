from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from origin.catalog.bootstrap import bootstrap
from origin.catalog.database import Catalog
from origin.config import Settings
from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.workers import Workers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from origin.stores.protocol import ObjectStore


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    settings = Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/catalog.db")
    catalog = Catalog.open(settings.database_url)
    bootstrap(catalog, settings, 1_700_000_000.0, os.urandom)
    yield catalog
    catalog.close()


@pytest_asyncio.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers("mp4", 2, 64)
    yield workers
    await workers.close()


@pytest_asyncio.fixture(params=["disk", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    store = DiskStore(tmp_path / "objects") if request.param == "disk" else MemoryStore()
    yield store
    await store.close()
