"""Packaging a film: ours beside a plain copy, ffmpeg and Shaka Packager, by CPU seconds, wall time and memory.

The film is 1080p30 at 6 Mbit/s with sound, H.264 and AAC in MP4. Ours writes HLS and DASH of the same segments, hashes
and signs them, and flushes all to the disk; the copy flushes as well. ffmpeg writes HLS; Shaka Packager HLS and DASH of
one file a track. A peer that is not installed is left out, and named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench import table
from bench.live_passthrough import CACHE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LOOP_S = 20
OURS, COPY = "headwater package", "cp and fsync"


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one run: CPU and wall seconds, and the most memory that any of its processes had, in MB."""

    cpu_s: float
    wall_s: float
    memory_mb: float


def film(folder: Path, seconds: int) -> Path:
    """Make the film, or find it: a loop of 20 s, repeated without encoding anew."""
    path, loop = folder / f"film-{seconds}.mp4", folder / "film-loop.mp4"
    if not loop.exists():
        picture = ("-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30,noise=alls=20:allf=t")
        sound = ("-f", "lavfi", "-i", "sine=440:r=48000", "-t", str(LOOP_S), "-ac", "2")
        video = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "60", "-pix_fmt", "yuv420p")
        rate = ("-b:v", "6M", "-maxrate", "6M", "-bufsize", "6M", "-c:a", "aac", "-b:a", "128k")
        _ffmpeg(*picture, *sound, *video, *rate, str(loop))
    if not path.exists():
        copies = ("-stream_loop", str(seconds // LOOP_S - 1), "-i", str(loop), "-c", "copy")
        _ffmpeg(*copies, "-movflags", "+faststart", str(path))
    return path


def _ffmpeg(*words: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *words], check=True)


def headwater(source: Path, out: Path) -> list[str]:
    """Our command."""
    return [str(Path(sys.executable).with_name("headwater")), "package", str(source), str(out / "package"), "--json"]


def copy(source: Path, out: Path) -> list[str]:
    """A copy that is on the disk when it ends."""
    return ["dd", f"if={source}", f"of={out / 'copy.mp4'}", "bs=1M", "conv=fsync", "status=none"]


def ffmpeg(source: Path, out: Path) -> list[str]:
    """Its HLS with segments of fMP4, both tracks in one."""
    form = ["-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "4", "-hls_playlist_type", "vod"]
    return ["ffmpeg", "-v", "error", "-nostdin", "-i", str(source), "-c", "copy", *form, str(out / "index.m3u8")]


def shaka(program: str) -> Callable[[Path, Path], list[str]]:
    """Its HLS and DASH of one file a track."""

    def command(source: Path, out: Path) -> list[str]:
        tracks = [f"in={source},stream={kind},output={out / kind}.mp4" for kind in ("video", "audio")]
        lists = ("--hls_master_playlist_output", str(out / "index.m3u8"), "--mpd_output", str(out / "manifest.mpd"))
        return [program, *tracks, "--segment_duration", "4", *lists, "--quiet"]

    return command


def run(command: Sequence[str]) -> Spent:
    """One run, by what the kernel charges to the process and those it waited for."""
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_environment()) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return Spent(usage.ru_utime + usage.ru_stime, time.monotonic() - begun, usage.ru_maxrss * 1024 / 1e6)


def _environment() -> dict[str, str]:
    return os.environ | {"HEADWATER_DATA_DIR": str(CACHE / "package-data")}


def measure(source: Path, ways: Mapping[str, Callable[[Path, Path], list[str]]], runs: int) -> dict[str, list[Spent]]:
    """Every way in turn, each time into an empty folder. The first round reads the film from the disk, and is lost."""
    found: dict[str, list[Spent]] = {name: [] for name in ways}
    for number in range(runs + 1):
        for name, command in ways.items():
            with tempfile.TemporaryDirectory(dir=source.parent) as out:
                spent = run(command(source, Path(out)))
            if number:
                found[name].append(spent)
        print(f"packaging, round {number} of {runs} done", file=sys.stderr)
    return found


def _table(length_s: int, size: int, found: Mapping[str, Sequence[Spent]]) -> str:
    rows = []
    for name, each in found.items():
        ratio = median(one.cpu_s / other.cpu_s for one, other in zip(found[OURS], each, strict=True))
        spent = (median(one.cpu_s for one in each), median(one.wall_s for one in each))
        memory = max(one.memory_mb for one in each)
        rows.append((name, *(f"{seconds:.2f}" for seconds in spent), f"{memory:.0f}", f"{ratio:.2f}"))
    title = f"A film of {length_s / 60:.0f} minutes, {size / 1e6:,.0f} MB, packaged (medians; ratio: median over runs)"
    return table.render(title, ("way", "CPU s", "wall s", "memory, MB", "ours : theirs, CPU"), rows)


def main(arguments: Sequence[str] | None = None) -> str:
    """Measure as asked and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.packaging", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default %(default)s)")
    parser.add_argument("--seconds", default="600,7200", help="lengths of films (default %(default)s)")
    parser.add_argument("--shaka", default=shutil.which("packager"), help="path of Shaka Packager (default: in PATH)")
    chosen = parser.parse_args(arguments)
    ways: dict[str, Callable[[Path, Path], list[str]]] = {OURS: headwater, COPY: copy, "ffmpeg -f hls": ffmpeg}
    if chosen.shaka:
        ways["Shaka Packager"] = shaka(chosen.shaka)
    else:
        print("packaging: there is no Shaka Packager here; give its path by --shaka", file=sys.stderr)
    CACHE.mkdir(parents=True, exist_ok=True)
    tables = []
    for number, seconds in enumerate(map(int, chosen.seconds.split(","))):
        source = film(CACHE.resolve(), seconds)
        runs = 1 if number else chosen.runs  # the long one is there for its memory
        tables.append(_table(seconds, source.stat().st_size, measure(source, ways, runs)))
    return "\n".join(tables)


if __name__ == "__main__":
    print(main())
