"""Kill the writing node again and again, and see what viewers notice: `make soak`.

Three nodes share PostgreSQL, Redis and an S3 endpoint. An encoder (ffmpeg in a loop) publishes to one of two, and
goes on at the other when its node is killed (`kill -9`); the node is started again, and some time later the next
writer is killed. At the third node, which lives, our page, hls.js as it comes and a viewer that checks each byte
watch all along. A picture that stands for longer than a takeover explains leaves a file that tells what happened
around it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from bench.table import render
from bench.viewers import OurPage, StockPage
from bench.witness import Witness
from tests.support import ffmpeg
from tests.support.browser import beside, chromium
from tests.support.checker import Checker, Ledger, checking
from tests.support.cluster import cluster
from tests.support.node import publishing_in_a_loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.witness import Stand
    from tests.support.node import Node

FOLDER: Final = Path("build/soak")
EXPLAIN_S: Final = 3.0
"""A picture that stands for so much longer than the takeover took wants a reason: players hold a second or more."""
WAIT_S: Final = 60.0
LOOK_S: Final = 0.1


@dataclass
class Soak:
    """What is running, and what came of each kill."""

    writers: Sequence[Node]
    checker: Checker
    witnesses: Sequence[Witness]
    takeovers: list[float] = field(default_factory=list)
    """Seconds from each kill until the first part of the next writer."""
    stories: list[Path] = field(default_factory=list)

    async def kill_the_writer(self) -> None:
        """Kill it, wait until the stream goes on, and start it again."""
        node = await self._writer()
        epoch, began = self.checker.epoch, time.monotonic()
        for witness in self.witnesses:
            witness.note("KILL", f"{node.data_dir.name}, number {self.checker.number}")
        await node.kill()
        async with asyncio.timeout(WAIT_S):
            while self.checker.epoch <= epoch:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(LOOK_S)
        self.takeovers.append(time.monotonic() - began)
        await node.start()

    async def read(self, turn: int) -> None:
        """Take over what the pages have written down, and explain what lasted too long."""
        for witness in self.witnesses:
            for stand in await witness.read():
                if stand.seconds >= max(self.takeovers[-1:], default=0.0) + EXPLAIN_S:
                    self._explain(witness, stand, turn)

    def _explain(self, witness: Witness, stand: Stand, turn: int) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{turn:02}-{witness.name.partition(',')[0].replace(' ', '-')}-{stand.seconds:.0f}s.log"
        path.write_text(witness.story(stand))
        self.stories.append(path)

    async def _writer(self) -> Node:
        async with asyncio.timeout(WAIT_S):
            while True:
                for node in self.writers:
                    if await _streams(node):
                        return node
                await asyncio.sleep(LOOK_S)


async def _streams(node: Node) -> float:
    """How many streams it has on the air; 0 if it does not answer."""
    try:
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{node.ops_port}/metrics")).text
    except httpx.HTTPError:
        return 0.0
    return sum(
        float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith("headwater_live_streams")
    )


async def run(options: argparse.Namespace) -> Soak:
    """Do it; what was started is stopped at a SIGTERM, too."""
    here = asyncio.current_task()
    assert here
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, here.cancel)
    dice = random.Random(options.seed)  # noqa: S311 - for pauses
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headwater-soak-")))
        running = await stack.enter_async_context(cluster(folder, 3))
        *writers, watched = running.nodes
        stream = await running.nodes[0].stream(dvr_window_s=120)
        urls = running.rtmp_urls(stream.key)[: len(writers)]
        await stack.enter_async_context(publishing_in_a_loop(urls, ffmpeg.source()))
        checker = Checker("checker", f"{watched.url}/play/{stream.token}/{stream.playback_id}/", Ledger())
        await stack.enter_async_context(checking(checker))
        await checker.further(3)
        context = await stack.enter_async_context(chromium())
        address = (stream.token, stream.playback_id)
        viewers = (OurPage(), StockPage())
        witnesses = [await Witness.watch(viewer, await beside(context), watched.url, address) for viewer in viewers]
        soak = Soak(writers, checker, witnesses)
        for turn in range(1, options.kills + 1):
            await asyncio.sleep(dice.uniform(*options.pause))
            await soak.kill_the_writer()
            await asyncio.sleep(options.settle)
            await soak.read(turn)
            print(f"kill {turn}: {_line(soak)}", flush=True)
        await checker.until_looked_at_again()
        await soak.read(options.kills + 1)
    return soak


def _line(soak: Soak) -> str:
    worst = ", ".join(
        f"{each.name} stood {max((stand.seconds for stand in each.stands), default=0.0):.1f} s at most"
        for each in soak.witnesses
    )
    complaints = len(soak.checker.complaints)
    return f"the next writer's first part after {soak.takeovers[-1]:.1f} s; {worst}; {complaints} complaints"


def report(soak: Soak) -> str:
    """Lay out what was found."""
    heads = ("viewer", "stalls", "longest s", "fatal errors", "two contents", "other broken promises")
    rows = [
        (
            each.name,
            str(len(each.stands)),
            f"{max((stand.seconds for stand in each.stands), default=0.0):.1f}",
            str(len(each.fatal)),
            "",
            "",
        )
        for each in soak.witnesses
    ]
    checker, twofold = soak.checker, len(soak.checker.ledger.twofold)
    rows.append(("byte checker", "", f"{checker.standstill_s:.1f}", "", str(twofold), str(len(checker.broken))))
    title = (
        f"{len(soak.takeovers)} kills of the writing node (kill -9); the next writer's first part after {_spread(soak)}"
    )
    told = [*checker.complaints, *(error for each in soak.witnesses for error in each.fatal)]
    return "\n".join([render(title, heads, rows), *told, *(f"see {path}" for path in soak.stories)])


def _spread(soak: Soak) -> str:
    times = sorted(soak.takeovers)
    return f"{times[0]:.1f} to {times[-1]:.1f} s, median {times[len(times) // 2]:.1f} s" if times else "nothing"


def main(arguments: Sequence[str] | None = None) -> str:
    """Run it as asked, and give the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how many (default %(default)s)")
    parser.add_argument(
        "--settle", type=float, default=10.0, help="seconds to play on after each (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the pauses before kills (default %(default)s)")
    options = parser.parse_args(arguments)
    options.pause = (0.0, 6.0)  # so that kills meet all moments of a segment and of a lease
    return report(asyncio.run(run(options)))


if __name__ == "__main__":
    print(main())
