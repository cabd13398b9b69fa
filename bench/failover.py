"""Kill -9 of the node that has the publisher: how soon does the stream go on at another, and what do viewers see?

Two nodes share PostgreSQL, Redis and an S3 endpoint; ffmpeg publishes in a loop, to the other node when the line is
lost. Our page watches at the node that lives. Times are from the kill; a lease lasts 6 s, and that is most of it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.table import render
from bench.viewers import OurPage
from bench.witness import Witness
from tests.support import ffmpeg
from tests.support.browser import chromium
from tests.support.checker import Checker, Ledger, checking
from tests.support.cluster import cluster
from tests.support.node import publishing_in_a_loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.node import Node

WAIT_S: Final = 60.0
LOOK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Failover:
    """Seconds from the kill until the encoder was let in, and until the first new part; how long the picture stood."""

    let_in: float
    new_part: float
    stood: float


async def measure(folder: Path, settle_s: float) -> Failover:
    """One kill, in a cluster of its own."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(cluster(folder))
        first, second = running.nodes
        stream = await first.stream()
        urls = running.rtmp_urls(stream.key)
        await stack.enter_async_context(publishing_in_a_loop(urls, ffmpeg.source()))
        checker = Checker("checker", f"{second.url}/play/{stream.token}/{stream.playback_id}/", Ledger(), LOOK_S)
        await stack.enter_async_context(checking(checker))
        context = await stack.enter_async_context(chromium())
        await checker.further(2)
        witness = await Witness.watch(OurPage(), context, second.url, (stream.token, stream.playback_id))
        await asyncio.sleep(settle_s)
        await witness.read()
        before = len(witness.stands)
        await first.kill()
        killed = time.monotonic()
        let_in = await _until_let_in(second) - killed
        new_part = await _until_new_part(checker) - killed
        await asyncio.sleep(settle_s)
        await witness.read()
        stood = max((stand.seconds for stand in witness.stands[before:]), default=0.0)
    return Failover(let_in, new_part, stood)


async def _until_let_in(node: Node) -> float:
    async with asyncio.timeout(WAIT_S):
        while not node.said("publisher_on_air"):  # noqa: ASYNC110 - it only writes it down
            await asyncio.sleep(LOOK_S)
    return time.monotonic()


async def _until_new_part(checker: Checker) -> float:
    async with asyncio.timeout(WAIT_S):
        while checker.epoch < 2:  # noqa: ASYNC110 - as a viewer
            await asyncio.sleep(LOOK_S)
    return time.monotonic()


def run(options: argparse.Namespace) -> list[Failover]:
    """As often as asked."""
    found = []
    for turn in range(options.runs):
        with tempfile.TemporaryDirectory(prefix="headwater-failover-") as folder:
            found.append(asyncio.run(measure(Path(folder), options.settle)))
        print(f"run {turn + 1}: {found[-1]}", flush=True)
    return found


def report(found: Sequence[Failover]) -> str:
    """Lay out medians and the worst."""
    columns = {
        "until the encoder was let in": [each.let_in for each in found],
        "until the first new part": [each.new_part for each in found],
        "the picture stood (our page)": [each.stood for each in found],
    }
    rows = [(name, f"{median(times):.1f}", f"{max(times):.1f}") for name, times in columns.items()]
    return render(f"Failover after kill -9, {len(found)} runs", ("seconds", "median", "most"), rows)


def main(arguments: Sequence[str] | None = None) -> str:
    """Measure, and give the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.failover", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="kills (default %(default)s)")
    parser.add_argument("--settle", type=float, default=10.0, help="seconds before and after (default %(default)s)")
    return report(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    print(main())
