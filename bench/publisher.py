"""Publish the clip to many URLs at its own pace, from one process; start it with `Publisher` from another.

Everything that does not change is made ready before: going round costs a heap operation and a `sendmsg` a picture.
Streams start spread over one GOP, so that their key frames do not come in one burst: real encoders' do not either.
"""

from __future__ import annotations

import contextlib
import heapq
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bench.clip import LOOP_MS, load
from bench.rtmp import Connection, Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

SPREAD_S = 2.0
LATE_S = 1.0
READY = "on air"


class Publisher:
    """A child process that publishes to `urls` from the moment the block is entered until it is left."""

    def __init__(self, clip: Path, urls: Sequence[str]) -> None:
        self._command = [sys.executable, "-m", "bench.publisher", str(clip)]
        self._urls = "\n".join(urls) + "\n"

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, text=True)
        if self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError("no pipes")
        with self._child.stdin as stdin:
            stdin.write(self._urls)
        if self._child.stdout.readline().strip() != READY:
            raise RuntimeError("the publisher did not get on the air")
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.wait()

    def check(self) -> None:
        """Raise if a stream has been lost, since a figure for fewer streams would be wrong."""
        if self._child.poll() is not None:
            raise RuntimeError("the publisher lost a stream")


class Round:
    """One stream's way through the clip: what to send next, and when."""

    def __init__(self, url: str, tags: Sequence[Prepared]) -> None:
        self._url = url
        self._tags = tags
        self._start_s = 0.0
        self._position = 0

    def connect(self, headers: Sequence[Prepared]) -> None:
        """Go on the air and say what is to come."""
        self._connection = Connection(self._url)
        self._connection.publish()
        for header in headers:
            self._connection.socket.sendall(b"".join(header.at(0)))

    def start(self, at_s: float) -> None:
        """Set the moment of the first picture."""
        self._start_s = at_s

    def step(self) -> float:
        """Send a picture and the sound up to the next one, and give the time of that."""
        pieces = self._next()
        while not self._tags[self._position % len(self._tags)].is_video:
            pieces += self._next()
        size = sum(map(len, pieces))
        sent = self._connection.socket.sendmsg(pieces)
        if sent < size:
            self._connection.socket.sendall(b"".join(pieces)[sent:])
        with contextlib.suppress(BlockingIOError):
            self._connection.drain()
        return self.due()

    def due(self) -> float:
        """When the next step is due, on the monotonic clock."""
        return self._start_s + self._time_ms() / 1000

    def _next(self) -> list[bytes]:
        pieces = self._tags[self._position % len(self._tags)].at(self._time_ms())
        self._position += 1
        return list(pieces)

    def _time_ms(self) -> int:
        rounds, at = divmod(self._position, len(self._tags))
        return rounds * LOOP_MS + self._tags[at].time_ms


def play(rounds: Sequence[Round]) -> None:
    """Send for ever. Says on stderr when it cannot keep the pace, since the figures are worth nothing then."""
    heap = [(each.due(), index) for index, each in enumerate(rounds)]
    heapq.heapify(heap)
    complained = False
    while True:
        due, index = heap[0]
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        elif wait < -LATE_S and not complained:
            complained = True
            print(f"publisher: {-wait:.1f} s late; the machine is too busy for this many streams", file=sys.stderr)
        heapq.heapreplace(heap, (rounds[index].step(), index))


def main() -> None:
    """Read URLs from stdin, one a line, and publish to each the clip named by the first argument."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    clip = load(Path(sys.argv[1]))
    urls = sys.stdin.read().split()
    tags = [Prepared(tag) for tag in clip.loop]
    headers = [Prepared(tag) for tag in clip.headers]
    rounds = [Round(url, tags) for url in urls]
    for each in rounds:
        each.connect(headers)
    for index, each in enumerate(rounds):
        each.start(time.monotonic() + SPREAD_S * index / len(rounds))
    print(READY, flush=True)
    play(rounds)


if __name__ == "__main__":
    main()
