"""What it costs to be able to have a second node: PostgreSQL, Redis and an S3 endpoint instead of what is built in.

The streams of `live_passthrough` (6 Mbit/s, low latency, nobody watching) go to a node on embedded defaults, and to one
that shares all with others: each part goes to Redis before it is shown, each segment to S3 (rclone's, on this machine,
whose own cost is left out). CPU is the node's alone; Redis and PostgreSQL are shown beside it. What is put into the
store is counted, and priced as AWS does: with a bucket, requests cost more than CPU.
"""

from __future__ import annotations

import argparse
import base64
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from bench import clip, live_passthrough, meter, servers, table
from bench.publisher import Publisher
from tests.support import s3
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PUT: Final = 'headwater_store_requests_total{operation="put"}'
DOLLARS_A_PUT: Final = 0.005 / 1000
"""S3 Standard in us-east-1, from AWS's price list of 2026; deleting is free, and reading is what viewers do."""
CACHE: Final = live_passthrough.CACHE
TURN_S: Final = 80.0
"""As long as the manifests of two renditions rest between two puts, or too many of them or none would be counted."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one stream: per cent of one core, megabytes, and puts an hour."""

    cpu_percent: float
    memory_mb: float
    redis_percent: float
    postgres_percent: float
    puts: float


@dataclass(frozen=True, slots=True)
class Beside:
    """What a node shares with others: its settings, and the process ids of Redis and PostgreSQL."""

    settings: Mapping[str, str]
    redis: Sequence[int] = ()
    postgres: Sequence[int] = ()


def shared(stack: ExitStack) -> Beside:
    """Start what nodes share."""
    postgres, redis = stack.enter_context(PostgresServer()), stack.enter_context(RedisServer())
    settings = {
        "DATABASE_URL": postgres.make(),
        "BUS_URL": redis.url,
        "STORE_URL": s3.rclone().store_url(),
        "SECRET": base64.b64encode(os.urandom(32)).decode(),
    }
    for name, value in s3.ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    return Beside(settings, [redis.pid], [postgres.pid])


def measure(beside: Beside, options: argparse.Namespace, footage: Path) -> Figure:
    """One node with all the streams: warm up, read the meters twice, divide."""
    with (
        tempfile.TemporaryDirectory(dir=CACHE) as scratch,
        servers.Headwater(Path(scratch).resolve() / "run", beside.settings) as server,
        Publisher(footage, server.urls(options.streams)) as publisher,
    ):
        groups = (server.pids, beside.redis, beside.postgres)
        time.sleep(options.warm)
        before, puts, began = [meter.read(each) for each in groups], server.metric(PUT), time.monotonic()
        time.sleep(options.seconds)
        after, more = [meter.read(each) for each in groups], server.metric(PUT)
        seconds = time.monotonic() - began
        publisher.check()
    shares = [100 * (late.cpu_s - early.cpu_s) / seconds for early, late in zip(before, after, strict=True)]
    node, redis, postgres = (share / options.streams for share in shares)
    memory_mb = after[0].memory_mb / options.streams
    return Figure(node, memory_mb, redis, postgres, (more - puts) / seconds * 3600 / options.streams)


def run(options: argparse.Namespace) -> dict[str, list[Figure]]:
    """Take turns, so that what else the machine does falls on both alike."""
    footage = clip.encode(CACHE)
    figures: dict[str, list[Figure]] = {}
    for turn in range(options.runs):
        for name in ("embedded", "shared"):
            with ExitStack() as stack:
                beside = shared(stack) if name == "shared" else Beside({})
                figures.setdefault(name, []).append(figure := measure(beside, options, footage))
            print(f"run {turn + 1}, {name}: {figure}", file=sys.stderr)
    return figures


def report(figures: dict[str, list[Figure]], streams: int) -> str:
    """Lay out medians, and the median of the ratios of neighbouring runs."""
    ours = figures["embedded"]
    rows = []
    for name, theirs in figures.items():
        ratio = median(their.cpu_percent / max(our.cpu_percent, 1e-9) for our, their in zip(ours, theirs, strict=True))
        puts = median(each.puts for each in theirs)
        priced = (f"{puts:.0f}", f"{puts * DOLLARS_A_PUT:.4f}") if name == "shared" else ("", "")
        cells = [median(getattr(each, field) for each in theirs) for field in Figure.__slots__[:4]]
        figures_of = (*(f"{cell:.2f}" for cell in cells), f"{ratio:.2f}")
        rows.append((f"{streams} streams, {name}", *figures_of, *priced))
    heads = ("a stream", "CPU %", "memory MB", "Redis CPU %", "PostgreSQL CPU %", "CPU : embedded", "puts/h", "$/h")
    return table.render("What sharing costs (medians)", heads, rows)


def main(arguments: Sequence[str] | None = None) -> str:
    """Measure as asked and give the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.second_node", description=__doc__)
    parser.add_argument("--streams", type=int, default=20, help="at once (default %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of each kind (default %(default)s)")
    parser.add_argument("--warm", type=float, default=10, help="seconds before the measurement (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=TURN_S, help="seconds measured (default %(default)s)")
    options = parser.parse_args(arguments)
    return report(run(options), options.streams)


if __name__ == "__main__":
    print(main())
