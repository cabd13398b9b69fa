"""Workers as processes of their own, on one database: killed, stopped, and followed by another."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from origin.catalog import jobs, packages, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.stores.table import open_store
from tests.origin.catalog.made import a_new_asset
from tests.origin.vod.house import a_tape
from tests.origin.vod.packaging.works import DONE, PROGRAM, film
from tests.support import postgres, s3
from tests.support.redis import RedisServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from origin.catalog.jobs import Job
    from origin.stores.protocol import ObjectStore

PATIENCE_S = 60.0
START = f"import origin.vod.packaging.child as c; c.PROGRAM = {PROGRAM!r}; from origin.cli.main import main; main()"
"""The command with a program in place of the packaging program that does what the object says."""


@dataclass
class Site:
    """What workers share."""

    folder: Path
    settings: dict[str, str]
    catalog: Catalog
    store: ObjectStore

    async def order(self, steps: list[dict[str, Any]]) -> None:
        body = json.dumps(steps).encode()
        order = packages.Order("ob_a", "ve_a", f"{DEFAULT_TENANT}/objects/ve_a", len(body))
        await self.store.put(order.key, (body,))
        await self.catalog.write(lambda conn: tenants.ensure_default(conn, 0.0))
        await self.catalog.write(lambda conn: packages.create(conn, a_new_asset(), order, 0.0))

    async def until(self, state: str, attempt: int) -> Job:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                job = await self.catalog.read(lambda conn: jobs.get(conn, DEFAULT_TENANT, jobs.id_of("as_film")))
                if job and (job.state, job.attempt) == (state, attempt):
                    return job
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def worker(self, name: str) -> AsyncIterator[asyncio.subprocess.Process]:
        given = {f"HEADWATER_{key.upper()}": value for key, value in self.settings.items()}
        given["HEADWATER_DATA_DIR"] = str(self.folder / name)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, "worker", env={**os.environ, **given}
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            async with asyncio.timeout(PATIENCE_S):
                await process.wait()

    async def keys(self) -> list[str]:
        return [each.key for each in await self.store.list(f"{DEFAULT_TENANT}/as_film/", None, 10_000)]


@pytest.fixture(params=["embedded", "cluster"])
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    if request.param == "embedded":
        yield {"database_url": f"sqlite:///{tmp_path}/catalog.db", "store_url": f"file:{tmp_path}/objects"}
        return
    for name, value in s3.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with RedisServer() as redis:
        yield {"database_url": postgres.migrated(), "store_url": s3.rclone().store_url(), "bus_url": redis.url}


@pytest.fixture
async def site(settings: dict[str, str], tmp_path: Path) -> AsyncIterator[Site]:
    catalog = await asyncio.to_thread(Catalog.open, settings["database_url"])
    store = await asyncio.to_thread(open_store, settings["store_url"])
    yield Site(tmp_path, settings, catalog, store)
    await store.close()
    await asyncio.to_thread(catalog.close)


async def test_a_killed_worker_s_job_goes_on_elsewhere(site: Site) -> None:
    await site.order([*film(a_tape()), {"hang": True, "first": True}, DONE])
    async with site.worker("one") as first:
        await site.until("running", 1)
        async with site.worker("two"):
            first.kill()
            job = await site.until("done", 2)
    assert job.failures == 1
    assert {key.rpartition("/")[2].partition("-")[0] for key in await site.keys()} == {"2"}


async def test_a_stopped_worker_s_job_goes_on_elsewhere_at_once(site: Site) -> None:
    await site.order([*film(a_tape()), {"hang": True, "first": True}, DONE])
    async with site.worker("one") as first:
        await site.until("running", 1)
        async with site.worker("two"):
            first.send_signal(signal.SIGTERM)
            job = await site.until("done", 2)
        assert await first.wait() == 0
    assert job.failures == 0
    assert {key.rpartition("/")[2].partition("-")[0] for key in await site.keys()} == {"2"}
