"""CPU and memory of a live stream that is only repackaged: RTMP in, HLS on disk out, nobody watching.

1080p30 H.264 of 6 Mbit/s with AAC, published by one light process from memory; 1, 20 and 60 streams at once; a window
of a minute. Ours makes low-latency HLS (parts every 0.2 s) and fsyncs each segment; the peers make plain HLS and do not
fsync.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import clip, meter, servers, table
from bench.publisher import Publisher

CONTESTANTS = (servers.Headwater, servers.NginxRtmp, servers.Ffmpeg)
CACHE = Path("build/bench")
SEGMENTS = {".m4s", ".ts"}
LEAST_STORED = 0.5
"""Of what was published: the open segment and the start are not there yet. One that sheds load would look cheap."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one stream: per cent of one core, and megabytes."""

    cpu_percent: float
    memory_mb: float


def measure(contestant: type[servers.Headwater | servers.NginxRtmp | servers.Ffmpeg], count: int, plan: Plan) -> Figure:
    """Run one contestant with so many streams: warm up, read the meters twice, divide."""
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch, contestant(Path(scratch).resolve() / "run") as server:
        urls = server.urls(count)
        with Publisher(plan.clip, urls) as publisher:
            time.sleep(plan.warm_s)
            before, began = meter.read(server.pids), time.monotonic()
            time.sleep(plan.seconds)
            after, ended = meter.read(server.pids), time.monotonic()
            publisher.check()
            kept = stored_mb(server.folder) / count
    due = clip.MEGABYTES_A_SECOND * min(plan.warm_s + plan.seconds, servers.WINDOW_S) * LEAST_STORED
    if kept < due:
        words = f"{contestant.name} stored {kept:.1f} MB of each of {count} streams instead of {due:.1f} or more"
        raise RuntimeError(f"{words}: it did not keep up, or the machine is busy with something else")
    cpu = (after.cpu_s - before.cpu_s) / (ended - began)
    return Figure(100 * cpu / count, after.memory_mb / count)


def stored_mb(folder: Path) -> float:
    """Megabytes of segments that are there now."""
    size = 0
    for path in folder.rglob("*"):
        if path.suffix in SEGMENTS:
            with contextlib.suppress(FileNotFoundError):  # windows slide meanwhile
                size += path.stat().st_size
    return size / 1e6


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to do."""

    clip: Path
    counts: tuple[int, ...]
    runs: int
    warm_s: float
    seconds: float


def run(plan: Plan) -> dict[int, dict[str, list[Figure]]]:
    """Take turns, so that what else the machine does falls on all alike."""
    figures: dict[int, dict[str, list[Figure]]] = {}
    for count in plan.counts:
        figures[count] = defaultdict(list)
        for turn in range(plan.runs):
            for contestant in CONTESTANTS:
                figure = measure(contestant, count, plan)
                figures[count][contestant.name].append(figure)
                words = f"{count} streams, run {turn + 1}, {contestant.name}: {figure.cpu_percent:.2f} % of a core"
                print(f"{words}, {figure.memory_mb:.1f} MB a stream", file=sys.stderr)
    return figures


def report(figures: dict[int, dict[str, list[Figure]]]) -> str:
    """Lay out medians, and the median of the ratios of neighbouring runs."""
    rows = []
    for count, contestants in figures.items():
        ours = contestants[servers.Headwater.name]
        for name, theirs in contestants.items():
            ratio = median(
                our.cpu_percent / max(their.cpu_percent, 1e-9) for our, their in zip(ours, theirs, strict=True)
            )
            cpu, memory = median(f.cpu_percent for f in theirs), median(f.memory_mb for f in theirs)
            shown = "" if theirs is ours else f"{ratio:.2f}"
            rows.append((f"{count} streams, {name}", f"{cpu:.2f}", f"{memory:.1f}", shown))
    heads = ("live passthrough, 6 Mbit/s 1080p30", "CPU, % of a core a stream", "memory, MB a stream", "ours : theirs")
    return table.render("Live passthrough (medians; CPU ratio: median over runs)", heads, rows)


def main(arguments: list[str] | None = None) -> str:
    """Measure as asked and give the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.live_passthrough", description=__doc__)
    parser.add_argument("--counts", default="1,20,60", help="how many streams at once (default %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contestant (default %(default)s)")
    parser.add_argument("--warm", type=float, default=8, help="seconds before the measurement (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=15, help="seconds measured (default %(default)s)")
    chosen = parser.parse_args(arguments)
    counts = tuple(map(int, chosen.counts.split(",")))
    return report(run(Plan(clip.encode(CACHE), counts, chosen.runs, chosen.warm, chosen.seconds)))


if __name__ == "__main__":
    print(main())
