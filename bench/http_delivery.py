"""Requests that the origin answers per CPU-second: the playlist, a part and a segment of a stream that is on the air.

One process, no edge and no TLS in front; the token is checked at every request. What the stream itself costs meanwhile
is measured before and taken off. nginx sends the same bytes as files: the mark that no origin in Python can reach.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import httpx

from bench import clip, load, meter, servers, table
from bench.live_passthrough import CACHE
from bench.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KINDS = ("playlist", "part", "segment")
START_S = 60
SEGMENTS = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """One run: what was asked of whom, bytes of an answer, answers per CPU-second."""

    kind: str
    server: str
    size: int
    per_cpu_s: float


def playlist(url: str) -> str:
    """Wait until the stream has a few segments, and give its video playlist."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        answer = httpx.get(url)
        if answer.is_success and len(re.findall(r"^#EXTINF", answer.text, re.MULTILINE)) >= SEGMENTS:
            return answer.text
        time.sleep(0.5)
    raise TimeoutError(f"{answer.status_code} from the playlist: {answer.text[:500]}")


def newest(url: str) -> dict[str, str]:
    """Give the addresses of the playlist, its last whole segment and that segment's first part."""
    text = playlist(url)
    segment = re.findall(r"^[^#\n].*$", text, re.MULTILINE)[-1]
    part = re.findall(r'^#EXT-X-PART:.*URI="([^"]+)"', text, re.MULTILINE)[-1]
    base = url.rpartition("/")[0]
    return {"playlist": url, "part": f"{base}/{part}", "segment": f"{base}/{segment}"}


def cpu_s_a_second(pids: Sequence[int], seconds: float) -> float:
    """What the server uses while nobody asks."""
    before = meter.read(pids).cpu_s
    time.sleep(seconds)
    return (meter.read(pids).cpu_s - before) / seconds


def ask(pids: Sequence[int], url: str, seconds: float, idle: float) -> float:
    """Give answers per CPU-second, without the share that the stream itself takes."""
    before, began = meter.read(pids).cpu_s, time.monotonic()
    count = load.requests(url, seconds)
    used = meter.read(pids).cpu_s - before - idle * (time.monotonic() - began)
    return count / used


def measure(folder: Path, runs: int, seconds: float) -> Iterator[Answer]:
    """Ask both servers in turn, for fresh objects each time: an old part may be gone."""
    with servers.Headwater(folder / "headwater") as ours:
        stream = ours.stream("bench")
        url = ours.playlist_url(stream).replace("/index.m3u8", "/v0/index.m3u8")
        with Publisher(clip.encode(CACHE), [stream.publish_url]) as publisher:
            playlist(url)
            idle = cpu_s_a_second(ours.pids, seconds)
            for turn in range(runs):
                for kind in KINDS:
                    yield from compare(ours, kind, url, seconds, idle)
                print(f"http delivery, run {turn + 1} done", file=sys.stderr)
                publisher.check()


def compare(ours: servers.Headwater, kind: str, url: str, seconds: float, idle: float) -> Iterator[Answer]:
    """Measure one kind of object at both servers."""
    target = newest(url)[kind]
    body = httpx.get(target).raise_for_status().content
    yield Answer(kind, ours.name, len(body), ask(ours.pids, target, seconds, idle))
    with (
        tempfile.TemporaryDirectory(dir=CACHE) as scratch,
        servers.NginxStatic(Path(scratch).resolve() / "run") as peer,
    ):
        static = peer.serve({"object": body})
        yield Answer(kind, peer.name, len(body), ask(peer.pids, f"{static}/object", seconds, 0))


def report(answers: Sequence[Answer]) -> str:
    """Lay out medians, and the median of the ratios of neighbouring runs."""
    rows = []
    for kind in KINDS:
        ours = [answer for answer in answers if (answer.kind, answer.server) == (kind, servers.Headwater.name)]
        theirs = [answer for answer in answers if (answer.kind, answer.server) == (kind, servers.NginxStatic.name)]
        ratio = median(our.per_cpu_s / their.per_cpu_s for our, their in zip(ours, theirs, strict=True))
        for measured, shown in ((ours, ""), (theirs, f"{ratio:.3f}")):
            per_cpu_s, size = median(a.per_cpu_s for a in measured), median(a.size for a in measured)
            figures = (f"{size / 1000:.1f}", f"{per_cpu_s:,.0f}", f"{per_cpu_s * size / 1e6:,.0f}", shown)
            rows.append((f"{kind}, {measured[0].server}", *figures))
    heads = ("one process", "kB an answer", "requests a CPU-second", "MB a CPU-second", "ours : theirs")
    return table.render("HTTP delivery (medians; ratio: median over runs)", heads, rows)


def main(arguments: list[str] | None = None) -> str:
    """Measure as asked and give the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.http_delivery", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="seconds of each run (default %(default)s)")
    chosen = parser.parse_args(arguments)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        return report(list(measure(Path(scratch).resolve(), chosen.runs, chosen.seconds)))


if __name__ == "__main__":
    print(main())
