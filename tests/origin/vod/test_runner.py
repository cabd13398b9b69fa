from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from origin.bus.memory import MemoryBus
from origin.catalog import assets, jobs, packages, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.errors import Problem
from origin.vod import runner as runner_module
from origin.vod.performers import BrokenOffError, GoneError, RefusedError
from origin.vod.runner import Runner, tell
from tests.origin.catalog.made import a_new_asset, an_order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from origin.catalog.jobs import Job

PATIENCE_S = 30.0


class Bench:
    """Does jobs as a test says, by their subject."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.stopped: list[str] = []
        self.most = 0
        self.under_way = 0
        self.go_on = asyncio.Event()
        self.errors: dict[str, Exception] = {}

    async def perform(self, job: Job, report: Callable[[float], None]) -> None:
        self.begun.append((job.subject, job.attempt))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        report(0.5)
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.stopped.append(job.subject)
            raise
        finally:
            self.under_way -= 1
        if job.subject in self.errors:
            raise self.errors[job.subject]


class Site:
    """A catalog that all workers share, on SQLite, with a clock that a test turns, and a bus."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.bus = MemoryBus()
        self.now = 1_000_000.0

    async def order(self, *names: str) -> None:
        for name in names:
            create = partial(packages.create, new=a_new_asset(name), order=an_order(), now=self.now)
            await self.catalog.write(create)

    async def job(self, name: str) -> Job:
        found = await self.catalog.read(lambda conn: jobs.get(conn, DEFAULT_TENANT, jobs.id_of(name)))
        assert found
        return found

    async def until(self, name: str, state: str) -> Job:
        async with asyncio.timeout(PATIENCE_S):
            while (job := await self.job(name)).state != state:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
        return job

    @asynccontextmanager
    async def worker(self, bench: Bench, name: str = "wo_a", most: int = 2) -> AsyncIterator[asyncio.Task[None]]:
        runner = Runner(self.catalog, self.bus, {jobs.PACKAGE: bench}, name=name, most=most, clock=lambda: self.now)
        task = asyncio.create_task(runner.run())
        yield task
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    catalog = await asyncio.to_thread(Catalog.open, f"sqlite:///{tmp_path}/catalog.db")
    await catalog.write(lambda conn: tenants.ensure_default(conn, 0.0))
    yield Site(catalog)
    await asyncio.to_thread(catalog.close)


async def test_jobs_are_done_a_few_at_a_time(site: Site) -> None:
    bench = Bench()
    await site.order("as_a", "as_b", "as_c")
    async with site.worker(bench):
        await until(lambda: len(bench.begun) == 2)
        bench.go_on.set()
        for name in "as_a", "as_b", "as_c":
            assert (await site.until(name, "done")).progress == 1.0
    assert bench.most == 2
    assert len(bench.begun) == 3


async def test_an_idle_worker_begins_when_it_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "POLL_S", 3_600.0)
    bench = Bench()
    bench.go_on.set()
    async with site.worker(bench):
        await site.order("as_a")
        async with asyncio.timeout(PATIENCE_S):
            while not bench.begun:
                await tell(site.bus)
                await asyncio.sleep(0.01)
        await site.until("as_a", "done")


async def test_a_message_that_is_lost_costs_a_poll(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "POLL_S", 0.05)
    bench = Bench()
    bench.go_on.set()
    async with site.worker(bench):
        await site.order("as_a")
        await site.until("as_a", "done")


async def test_a_bus_that_is_away_costs_polls(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "POLL_S", 0.05)
    await site.bus.close()
    await tell(site.bus)
    bench = Bench()
    bench.go_on.set()
    async with site.worker(bench):
        await site.order("as_a")
        await site.until("as_a", "done")


ENDS: dict[str, tuple[Exception, str, str]] = {
    "refused": (RefusedError("It is no film."), "failed", "It is no film."),
    "broken off": (BrokenOffError("It broke off."), "queued", "It broke off."),
    "may pass": (Problem("store_failed", "The store is away."), "queued", "The store is away."),
    "our fault": (RuntimeError("a bug, with a secret"), "queued", "The server failed at it; its log says how."),
}


@pytest.mark.parametrize("end", ENDS)
async def test_how_it_ends_is_noted(site: Site, end: str) -> None:
    error, state, said = ENDS[end]
    bench = Bench()
    bench.errors["as_a"] = error
    bench.go_on.set()
    await site.order("as_a")
    async with site.worker(bench):
        job = await site.until("as_a", state) if state == "failed" else await _failed_once(site)
    assert (job.state, job.error) == (state, said)


async def _failed_once(site: Site) -> Job:
    async with asyncio.timeout(PATIENCE_S):
        while not (job := await site.job("as_a")).failures:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    return job


async def test_what_is_not_ours_any_more_is_left(site: Site) -> None:
    bench = Bench()
    bench.errors["as_a"] = GoneError()
    bench.go_on.set()
    await site.order("as_a")
    async with site.worker(bench):
        await until(lambda: bench.begun and not bench.under_way)
        assert (await site.job("as_a")).state == "running"


async def test_a_cancelled_job_is_stopped_at_once_when_the_bus_says_so(site: Site) -> None:
    bench = Bench()
    await site.order("as_a")
    async with site.worker(bench):
        await until(lambda: bench.under_way)
        await site.catalog.write(lambda conn: assets.delete(conn, DEFAULT_TENANT, "as_a", None, site.now))
        await tell(site.bus, jobs.id_of("as_a"))
        await until(lambda: bench.stopped)
        assert (await site.job("as_a")).state == "cancelled"


async def test_one_is_stopped_at_a_heartbeat_when_nobody_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "HEARTBEAT_S", 0.05)
    bench = Bench()
    await site.order("as_a")
    async with site.worker(bench):
        await until(lambda: bench.under_way)
        async with asyncio.timeout(PATIENCE_S):
            while (await site.job("as_a")).progress != 0.5:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
        await site.catalog.write(lambda conn: jobs.cancel(conn, DEFAULT_TENANT, jobs.id_of("as_a"), site.now))
        await until(lambda: bench.stopped)


async def test_a_catalog_that_is_away_for_too_long_ends_the_work(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(runner_module, "SPARE_S", jobs.LEASE_S - 0.3)
    bench = Bench()
    await site.order("as_a")
    async with site.worker(bench, most=1):
        await until(lambda: bench.under_way)

        def away(*_: object, **__: object) -> bool:
            raise Problem("catalog_failed", "It is away.")

        monkeypatch.setattr(jobs, "heartbeat", away)
        await until(lambda: bench.stopped)
        assert (await site.job("as_a")).state == "running"


async def test_a_worker_that_stops_gives_its_jobs_back(site: Site) -> None:
    bench, another = Bench(), Bench()
    another.go_on.set()
    await site.order("as_a")
    async with site.worker(bench):
        await until(lambda: bench.under_way)
    assert bench.stopped == ["as_a"]
    assert ((await site.job("as_a")).state, (await site.job("as_a")).failures) == ("queued", 0)
    async with site.worker(another, "wo_b"):
        await site.until("as_a", "done")
    assert another.begun == [("as_a", 2)]


async def test_a_worker_that_falls_asleep_is_followed_and_changes_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "HEARTBEAT_S", 9.0)
    monkeypatch.setattr(runner_module, "POLL_S", 0.05)
    asleep, another = Bench(), Bench()
    await site.order("as_a")
    async with site.worker(asleep, most=1):
        await until(lambda: asleep.under_way)
        site.now += jobs.LEASE_S
        async with site.worker(another, "wo_b"):
            await until(lambda: another.under_way)
            await tell(site.bus, jobs.id_of("as_a"))
            await until(lambda: asleep.stopped)
            another.go_on.set()
            await site.until("as_a", "done")
