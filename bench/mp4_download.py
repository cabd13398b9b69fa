"""CPU-seconds a gigabyte of a recording as one MP4: ours on the fly, beside ffmpeg's copy with a header in front.

The recording is the benches' clip, packaged as a low-latency stream by our own rooms. Ours is a process that serves it
to curl over loopback: the first request makes the plan, the next ones find it. ffmpeg reads the same segments through
their playlists and writes a file, which somebody would still have to send.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import uvloop

from bench import clip, meter, table
from bench.live_passthrough import CACHE
from media.sample import Frame, Sample
from media.track import Track
from origin.live.timeline import Timeline
from origin.stores.disk import DiskStore
from origin.vod.mp4.films import Film
from origin.vod.mp4.plans import Plans
from origin.vod.mp4.source import StoredSegment
from origin.web.connections import HttpLimits, request_watched
from origin.web.listener import HttpListener
from origin.web.movies import Movies
from origin.wire.flv import FlvReader
from packager.commands import Life, Put
from packager.hls import at_rest
from packager.pipeline import LivePackager, LiveSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from origin.web.asgi import Receive, Scope, Send
    from packager.commands import Command

SETTINGS = LiveSettings(1, 0, 0, low_latency=True, dvr_window_s=1e9, segment_min_s=2.0)
LISTING = "segments"
OURS, AGAIN, THEIRS = "headwater, first request", "headwater, plan there", "ffmpeg -c copy +faststart"


def samples(loaded: clip.Clip, loops: int) -> Iterator[Track | Sample]:
    """The clip, so many times, as the origin makes samples of it."""
    reader, timeline = FlvReader(), Timeline()
    for number in range(loops):
        for tag in (*loaded.headers, *loaded.loop) if number == 0 else loaded.loop:
            for item in reader.receive(tag.kind, tag.time_ms + number * clip.LOOP_MS, tag.payload):
                if isinstance(item, Track):
                    timeline.set_track(item)
                    yield item
                elif isinstance(item, Frame):
                    yield from timeline.push(item)
    yield from timeline.flush()


def record(folder: Path, seconds: float) -> int:
    """Write segments and playlists into `folder`, and a list of segments; gives the bytes of the segments."""
    stream = samples(clip.load(clip.encode(CACHE)), round(seconds * 1000 / clip.LOOP_MS))
    packager, tracks, stored = LivePackager(SETTINGS), [], set()

    def carry_out(commands: Sequence[Command]) -> None:
        for put in commands:
            if isinstance(put, Put) and put.life is Life.STORED:
                (folder / put.name).parent.mkdir(parents=True, exist_ok=True)
                (folder / put.name).write_bytes(b"".join(put.body))
                stored.add(put.name)

    for item in stream:
        if isinstance(item, Track):
            tracks.append(item)
            continue
        if len(packager.windows) < len(tracks):
            carry_out(packager.start(tracks, 0.0))
        carry_out(packager.push(item))
    carry_out(packager.close())
    for name, body in at_rest.manifests(packager.windows, packager.multivariant(), stored).items():
        (folder / name).write_bytes(body)
    rows = [(f"{w.name}/{s.file}", f"{w.name}/{s.init}") for w in packager.windows.values() for s in w.segments]
    (folder / LISTING).write_text("\n".join(map(" ".join, rows)))
    return sum((folder / name).stat().st_size for name, _ in rows)


class Folder:
    """The recording as the origin asks for it."""

    def __init__(self, folder: Path) -> None:
        self.prefix = f"{folder.name}/"
        self._folder = folder
        self._rows = [line.split() for line in (folder / LISTING).read_text().splitlines()]

    async def inits(self) -> Sequence[str]:
        return list(dict.fromkeys(init for _, init in self._rows))

    async def segments(self) -> AsyncIterator[StoredSegment]:
        for name, init in self._rows:
            yield StoredSegment(name, init, (self._folder / name).stat().st_size)


class OneFilm:
    """The recording under every id."""

    def __init__(self, folder: Path) -> None:
        self._film = Film("pb_bench", "bench", Folder(folder))

    async def film(self, _playback_id: str) -> Film:
        return self._film


async def serve(folder: Path) -> None:
    """Serve the recording at every path, until SIGTERM; prints the address."""
    store = DiskStore(folder.parent)
    plans, listener, over = Plans(folder.parent / "plans", store), HttpListener(HttpLimits()), asyncio.Event()
    movies = Movies(OneFilm(folder), plans, store)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with request_watched():
            await movies.answer(scope, receive, send, "pb_bench")

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    host, port = await listener.bind("127.0.0.1", 0)
    await listener.serve(app)
    print(f"http://{host}:{port}/", flush=True)
    await over.wait()
    await listener.close(0.0)
    await plans.close()
    await store.close()


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, str]]:
    """A process that serves it: its pid and address."""
    command = [sys.executable, "-m", "bench.mp4_download", "--serve", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.pid, process.stdout.readline().strip()
        finally:
            process.terminate()


def ours(folder: Path) -> Iterator[tuple[str, float]]:
    """CPU seconds of the first download, and of the second."""
    with serving(folder) as (pid, address):
        for name in (OURS, AGAIN):
            before = meter.read([pid]).cpu_s
            subprocess.run(["curl", "-sSf", "-o", "/dev/null", address], check=True)
            yield name, meter.read([pid]).cpu_s - before


def theirs(folder: Path, file: Path) -> float:
    """CPU seconds of ffmpeg, its children's time being all of it."""
    source = ["-i", str(folder / "index.m3u8"), "-map", "0:v", "-map", "0:a", "-c", "copy", "-movflags", "+faststart"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *source, str(file)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(scratch: Path, runs: int, seconds: float) -> tuple[float, dict[str, list[float]]]:
    """Gigabytes of the recording, and CPU seconds of each way, run by run, in turn."""
    folder = scratch / "recording"
    gigabytes = record(folder, seconds) / 1e9
    found: dict[str, list[float]] = {OURS: [], AGAIN: [], THEIRS: []}
    for number in range(runs):
        for plan in (scratch / "plans").glob("*"):
            plan.unlink()
        for name, cpu_s in chain(ours(folder), [(THEIRS, theirs(folder, scratch / "film.mp4"))]):
            found[name].append(cpu_s)
        print(f"mp4 download, run {number + 1} done", file=sys.stderr)
    return gigabytes, found


def main(arguments: Sequence[str] | None = None) -> str:
    """Measure as asked and give the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.mp4_download", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=600, help="of the recording (default %(default)s)")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the server does
            runner.run(serve(chosen.serve))
        return ""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        gigabytes, found = measure(Path(scratch).resolve(), chosen.runs, chosen.seconds)
    rows = []
    for name, spent in found.items():
        ratio = median(one / other for one, other in zip(spent, found[THEIRS], strict=True))
        rows.append((name, f"{median(spent) / gigabytes:.2f}", f"{ratio:.2f}"))
    title = f"A recording of {gigabytes:.2f} GB as MP4 (medians; ratio: median over runs)"
    return table.render(title, ("way", "CPU-s a GB", "to ffmpeg's"), rows)


if __name__ == "__main__":
    if said := main():
        print(said)
