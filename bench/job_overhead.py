"""From a finished upload to a film that plays: how long a server on its defaults takes, for films of several lengths.

Each film is uploaded by `headwater upload --package`. The time runs from the command's end, when the object is there,
to the first answer of the API that says `ready`, and to the last segment then. No peer does the same.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx

from bench import packaging, table
from bench.live_passthrough import CACHE
from bench.servers import Headwater

if TYPE_CHECKING:
    from collections.abc import Sequence

POLL_S = 0.02
LONGEST_S = 600.0


def upload(server: Headwater, film: Path) -> str:
    """Upload a film and give the id of its object."""
    command = [str(Path(sys.executable).with_name("headwater")), "upload", str(film), "--package", "--json"]
    environ = os.environ | {"HEADWATER_API_KEY": server.key, "HEADWATER_DATA_DIR": str(server.folder / "client")}
    done = subprocess.run([*command, "--server", server.base], env=environ, capture_output=True, check=True)
    return str(json.loads(done.stdout)["object_id"])


def ready(http: httpx.Client, object_id: str) -> dict[str, Any]:
    """Wait for the asset of an object, and give it."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        items = http.get("/v1/assets").raise_for_status().json()["items"]
        found: dict[str, Any] = next((item for item in items if item.get("object_id") == object_id), {})
        if found.get("state") == "failed":
            raise SystemExit(f"the asset failed: {found['error']}")
        if found.get("state") == "ready":
            return dict(found)
        time.sleep(POLL_S)
    raise TimeoutError("the asset does not get ready")


def play(http: httpx.Client, playback_id: str) -> None:
    """Read the playlists, and the last segment of the first rendition."""
    token = http.post("/v1/tokens", json={"scope": "play", "playback_id": playback_id}).raise_for_status().json()
    base = token["urls"]["hls"].removesuffix("index.m3u8")
    playlist = http.get(f"{base}v0/index.m3u8").raise_for_status().text
    segments = [line for line in playlist.splitlines() if line.endswith(".m4s")]
    http.get(f"{base}v0/{segments[-1]}").raise_for_status()


def measure(server: Headwater, film: Path) -> tuple[float, float]:
    """Seconds to `ready`, and to the last segment."""
    headers = {"Authorization": f"Bearer {server.key}"}
    with httpx.Client(base_url=server.base, headers=headers, timeout=60) as http:
        object_id = upload(server, film)
        begun = time.monotonic()
        asset = ready(http, object_id)
        made = time.monotonic() - begun
        play(http, asset["playback_id"])
        return made, time.monotonic() - begun


def main(arguments: Sequence[str] | None = None) -> str:
    """Measure as asked and give the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.job_overhead", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default %(default)s)")
    parser.add_argument("--seconds", default="20,600,7200", help="lengths of films (default %(default)s)")
    chosen = parser.parse_args(arguments)
    CACHE.mkdir(parents=True, exist_ok=True)
    rows = []
    for seconds in map(int, chosen.seconds.split(",")):
        film = packaging.film(CACHE.resolve(), seconds)
        times = []
        for number in range(chosen.runs):
            with (
                tempfile.TemporaryDirectory(dir=CACHE) as folder,
                Headwater(Path(folder).resolve() / "server") as server,
            ):
                times.append(measure(server, film))
            print(f"job overhead, {seconds} s, run {number + 1} done", file=sys.stderr)
        size = f"{film.stat().st_size / 1e6:,.0f}"
        rows.append((f"{seconds:,} s", size, *(f"{median(each):.2f}" for each in zip(*times, strict=True))))
    heads = ("length", "MB", "upload's end to ready, s", "to its last segment, s")
    return table.render("From an uploaded film to one that plays (medians)", heads, rows)


if __name__ == "__main__":
    print(main())
