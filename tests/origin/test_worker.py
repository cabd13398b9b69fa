from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from origin.catalog import jobs, packages, tenants
from origin.catalog.database import Catalog
from origin.catalog.errors import CatalogError
from origin.catalog.ids import DEFAULT_TENANT
from origin.config import Settings
from origin.errors import Problem
from origin.stores.disk import DiskStore
from origin.vod.packaging import child
from origin.worker import SCRATCH, Worker, open_scratch
from tests.origin.catalog.made import a_new_asset
from tests.origin.vod.packaging.works import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/catalog.db", store_url=f"file:{tmp_path}/objects"
    )


async def test_a_worker_does_jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PROGRAM", PROGRAM)
    order = packages.Order("ob_a", "ve_a", f"{DEFAULT_TENANT}/objects/ve_a", 1)
    store = DiskStore.open(settings.store_url)
    await store.put(order.key, (b'[{"tell": {"error": "It is no film."}}]',))
    await store.close()
    worker = Worker(settings)
    await worker.start()
    catalog = await asyncio.to_thread(Catalog.open, settings.database_url)
    await catalog.write(lambda conn: tenants.ensure_default(conn, 0.0))
    await catalog.write(lambda conn: packages.create(conn, a_new_asset(), order, 0.0))
    async with asyncio.timeout(30):
        while (  # noqa: ASYNC110 - seen from outside
            job := await catalog.read(lambda conn: jobs.get(conn, DEFAULT_TENANT, jobs.id_of("as_film")))
        ) is None or (job.state != "failed"):
            await asyncio.sleep(0.05)
    assert job.error == "It is no film."
    await worker.stop()
    assert [path for path in (settings.data_dir / SCRATCH).iterdir() if path.is_dir()] == []
    await asyncio.to_thread(catalog.close)


async def test_one_that_cannot_start_leaves_nothing_open(settings: Settings) -> None:
    (settings.data_dir / SCRATCH).write_bytes(b"in the way")
    with pytest.raises(FileExistsError):
        await Worker(settings).start()
    worker = Worker(Settings(data_dir=settings.data_dir, database_url=f"sqlite:///{settings.data_dir}/scratch/x.db"))
    with pytest.raises((CatalogError, Problem)):
        await worker.start()


async def test_scratch_goes_with_what_it_was_opened_for(settings: Settings) -> None:
    async with AsyncExitStack() as cleanup:
        scratch = await open_scratch(settings, cleanup)
        with scratch.folder() as folder:
            assert folder.is_relative_to(settings.data_dir.resolve() / SCRATCH)
    assert [path for path in (settings.data_dir / SCRATCH).iterdir() if path.is_dir()] == []
