"""What nodes share goes away, comes back, is slow or lies, while a stream is live: a row of docs/failures.md each.

One cluster of two nodes and one broadcast go through it all, one fault after the other; a viewer at each node follows
all the time and writes down every promise that is broken (`checker`). Each test can be run alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from tests.support import ffmpeg, s3
from tests.support.checker import Checker, Ledger, checking
from tests.support.cluster import Cluster, cluster
from tests.support.faulty_proxy import Fault, FaultyProxy, faulty_proxy
from tests.support.node import publishing_in_a_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.support.node import Node
    from tests.support.running import Stream

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S = 60.0
HOUR_S = 3600
SMALL_DISK = "4m"
FILLER = "filler"
CLOCKS = Path(__file__).parents[2] / "support/wrong_clock"
SLOW_S = 3.0
"""Longer than a segment: the store falls behind."""
STORE_FAULTS = {
    "slow": Fault(delay_s=SLOW_S, method="PUT"),
    "answers 500": Fault(answer=(500, "")),
    "loses its answers": Fault(swallow=True, method="PUT"),
}


@dataclass
class Scene:
    """What is running, and who watches; `clocks` and `disks` are the nodes' own."""

    running: Cluster
    store: FaultyProxy
    stream: Stream
    viewers: list[Checker]
    clocks: list[Path]
    disks: list[Path]
    http: httpx.AsyncClient

    @property
    def nodes(self) -> list[Node]:
        return self.running.nodes

    async def goes_on(self, segments: int = 2) -> None:
        """Wait until all viewers have seen so much more."""
        await asyncio.gather(*(viewer.further(segments) for viewer in self.viewers))

    async def writer(self) -> int:
        """Which of the nodes has the publisher."""
        return (await self._metrics("headwater_live_streams")).index(1.0)

    async def backlog(self) -> float:
        """Bytes that wait for the store, at all nodes."""
        return sum(await self._metrics("headwater_store_backlog_bytes"))

    async def _metrics(self, name: str) -> list[float]:
        """What each node says."""
        answers = [await self.http.get(f"http://127.0.0.1:{node.ops_port}/metrics") for node in self.nodes]
        return [_metric(answer.text, name) for answer in answers]

    async def lives_on_what_is_at_hand(self) -> None:
        """The last 6 s can be had at both nodes, and the oldest can, or is to be asked for again."""
        assert await self.backlog() > 0
        newest = [set(await viewer.statuses(slice(-3, None))) for viewer in self.viewers]
        assert newest == [{200}] * len(self.viewers)
        oldest = [set(await viewer.statuses(slice(2))) for viewer in self.viewers]
        assert all(statuses <= {200, 503} for statuses in oldest), oldest

    async def caught_up(self) -> None:
        """Wait until nothing waits for the store; all that is listed is there then, at every node."""
        async with asyncio.timeout(WAIT_S):
            while await self.backlog():  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.1)
        await self.goes_on(1)
        assert [set(await viewer.statuses()) for viewer in self.viewers] == [{200}] * len(self.viewers)

    def said(self, event: str) -> int:
        return sum(node.said(event) for node in self.nodes)

    async def until_said(self, event: str, more_than: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.said(event) <= more_than:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.05)

    @property
    def complaints(self) -> list[str]:
        return [each for viewer in self.viewers for each in viewer.complaints]


def _metric(text: str, name: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own, where one may be mounted; else a plain folder."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", folder], check=False)
    try:
        yield
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> None:
    with (disk / FILLER).open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(bytes(1 << 16)):
            pass


@asynccontextmanager
async def _scene(folder: Path) -> AsyncIterator[Scene]:
    names = ("node1", "node2")
    clocks = [folder / f"{name}.clock" for name in names]
    disks = [folder / name for name in names]
    for clock in clocks:
        clock.write_text("0")

    def environ(number: int) -> dict[str, str]:
        path = os.pathsep.join((str(CLOCKS), os.environ.get("PYTHONPATH", "")))
        return {"WRONG_CLOCK": str(clocks[number - 1]), "PYTHONPATH": path}

    async with AsyncExitStack() as stack:
        for disk in disks:
            stack.enter_context(small_disk(disk))
        store = stack.enter_context(faulty_proxy(s3.rclone().url))
        running = await stack.enter_async_context(
            cluster(folder, store_url=s3.Endpoint(store.url).store_url(), environ=environ)
        )
        stream = await running.nodes[0].stream(dvr_window_s=120)
        ledger = Ledger()
        viewers = [
            Checker(node.data_dir.name, f"{node.url}/play/{stream.token}/{stream.playback_id}/", ledger)
            for node in running.nodes
        ]
        await stack.enter_async_context(publishing_in_a_loop(running.rtmp_urls(stream.key), ffmpeg.source()))
        await stack.enter_async_context(checking(*viewers))
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
        scene = Scene(running, store, stream, viewers, clocks, disks, http)
        await scene.goes_on(2)
        yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with _scene(tmp_path_factory.mktemp("faults")) as made:
        yield made


async def test_redis_is_killed_and_comes_back(scene: Scene) -> None:
    writer = scene.viewers[await scene.writer()]
    scene.running.redis.stop()
    await writer.further(2)
    scene.running.redis.start()
    await scene.goes_on()
    assert scene.complaints == []


async def test_redis_loses_all_that_it_had(scene: Scene) -> None:
    scene.running.redis.do("FLUSHALL")
    await scene.goes_on()
    assert scene.complaints == []


async def test_the_catalog_is_away_for_less_than_a_lease(scene: Scene) -> None:
    lost = scene.said("lease_lost")
    await asyncio.to_thread(scene.running.postgres.stop)
    await asyncio.to_thread(scene.running.postgres.start)
    await scene.goes_on()
    assert scene.said("lease_lost") == lost
    assert scene.complaints == []


async def test_the_catalog_is_away_for_longer_than_a_lease(scene: Scene) -> None:
    lost, resumed = scene.said("lease_lost"), scene.said("broadcast_resumed")
    await asyncio.to_thread(scene.running.postgres.kill)
    await scene.until_said("lease_lost", lost)
    await asyncio.to_thread(scene.running.postgres.start)
    await scene.until_said("broadcast_resumed", resumed)
    await scene.goes_on()
    assert scene.complaints == []


@pytest.mark.parametrize("what", STORE_FAULTS)
async def test_live_goes_on_while_the_store_fails_and_catches_up(scene: Scene, what: str) -> None:
    scene.store.always = STORE_FAULTS[what]
    await scene.goes_on(3)
    await scene.lives_on_what_is_at_hand()
    scene.store.always = Fault()
    await scene.caught_up()
    assert scene.complaints == []


async def test_live_goes_on_while_the_store_refuses_connections_and_catches_up(scene: Scene) -> None:
    scene.store.always = Fault(reset=True)
    scene.store.refuse()
    await scene.goes_on(3)
    await scene.lives_on_what_is_at_hand()
    scene.store.always = Fault()
    scene.store.accept()
    await scene.caught_up()
    assert scene.complaints == []


async def test_the_local_disks_are_full(scene: Scene) -> None:
    if not all(map(os.path.ismount, scene.disks)):
        pytest.skip("file systems may not be mounted here")
    for disk in scene.disks:
        await asyncio.to_thread(fill, disk)
    await scene.goes_on()
    await scene.caught_up()
    for disk in scene.disks:
        assert shutil.disk_usage(disk).free == 0
        await asyncio.to_thread((disk / FILLER).unlink)
    assert scene.complaints == []


async def test_the_writers_clock_jumps_by_an_hour(scene: Scene) -> None:
    lost, writer = scene.said("lease_lost"), await scene.writer()
    await asyncio.to_thread(scene.clocks[writer].write_text, str(HOUR_S))
    await scene.goes_on(3)
    await asyncio.to_thread(scene.clocks[writer].write_text, "0")
    await scene.goes_on(3)
    await scene.caught_up()
    assert scene.said("lease_lost") == lost
    assert scene.complaints == []


@pytest.mark.timeout(180)
async def test_all_that_was_listed_is_still_the_same_much_later(scene: Scene) -> None:
    await asyncio.gather(*(viewer.until_looked_at_again() for viewer in scene.viewers))
    assert scene.complaints == []
