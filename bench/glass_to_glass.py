"""Glass to glass: how old is the picture on the screen, by the clock in the picture?

`headwater demo` publishes its test card over RTMP; a headless Chromium watches it with our page, and with hls.js,
dash.js and Shaka Player as they come, straight and through a relay with a longer round trip. For every picture that the
browser shows, the time in it is read off the screen and taken from the time of showing. The first seconds, in which
players find their distance, are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import urllib.request
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench.relay import relay
from bench.table import render
from bench.viewers import VIEWERS, Viewer, Watched, watch
from tests.support.demo import demo

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADS = ("player", "round trip", "p50 s", "p99 s", "most s", "pictures", "stalls", "requests/s")


def call(base: str, key: str, path: str, body: dict[str, str] | None = None) -> Any:
    """Ask the control API."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{base}{path}", data, headers)  # noqa: S310 - the address of our own server
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
        return json.load(answer)


def card_address(base: str, key_file: Path) -> tuple[str, str]:
    """Token and playback id of the demo's test card."""
    key = key_file.read_text().strip()
    streams = call(base, key, "/v1/streams")["items"]
    card = next(stream for stream in streams if stream["name"] == "Test card")
    token = call(base, key, "/v1/tokens", {"scope": "play", "playback_id": card["playback_id"]})
    return token["token"], card["playback_id"]


def run(options: argparse.Namespace, watched_by: Sequence[Viewer] = VIEWERS) -> dict[tuple[str, float], list[Watched]]:
    """Measure as `options` say, with these players."""
    return asyncio.run(_measure(options, watched_by))


async def _measure(options: argparse.Namespace, watched_by: Sequence[Viewer]) -> dict[tuple[str, float], list[Watched]]:
    """Interleave the runs, so that a busy moment of the machine meets all."""
    results: dict[tuple[str, float], list[Watched]] = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = await stack.enter_async_context(demo(folder / "data"))
        server = urlsplit(running.base)
        address = await asyncio.to_thread(card_address, running.base, folder / "data" / "admin.key")
        lines = {0.0: server.port or 80}
        for trip in options.round_trip_ms:
            lines[trip] = await stack.enter_async_context(relay("127.0.0.1", server.port or 80, trip / 1000))
        for _ in range(options.runs):
            for trip, port in lines.items():
                for viewer in watched_by:
                    times = {"settle_s": options.settle, "seconds": options.seconds}
                    watched = await watch(viewer, f"http://127.0.0.1:{port}", address, **times)
                    results.setdefault((viewer.name, trip), []).append(watched)
    return results


def row(name: str, trip: float, runs: Sequence[Watched]) -> tuple[str, ...]:
    """The median run, and the sum of stalls."""
    figures = [median(run.percentile(share) for run in runs) for share in (0.5, 0.99, 1.0)]
    pictures, stalls = sum(len(run.delays) for run in runs), sum(run.stalls for run in runs)
    asked = median(run.requests for run in runs)
    return (
        name,
        f"+{trip:.0f} ms",
        *(f"{figure:.2f}" for figure in figures),
        str(pictures),
        str(stalls),
        f"{asked:.1f}",
    )


def main(arguments: Sequence[str] | None = None) -> str:
    """Measure, and give the table."""
    parser = argparse.ArgumentParser(prog="bench.glass_to_glass", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="measured in each run")
    parser.add_argument("--settle", type=float, default=12, help="left out before that")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--round-trip-ms", type=float, action="append", help="of a relay; may be given more than once")
    parser.add_argument("--player", default="", help="only those whose name has this in it; for one long run")
    options = parser.parse_args(arguments)
    options.round_trip_ms = options.round_trip_ms or [60.0]
    results = run(options, [viewer for viewer in VIEWERS if options.player in viewer.name])
    title = f"Glass to glass, test card 720p30, {options.runs} runs of {options.seconds:.0f} s, medians"
    return render(title, HEADS, [row(*which, runs) for which, runs in results.items()])


if __name__ == "__main__":
    print(main())
