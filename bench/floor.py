"""The least that live passthrough can cost here: the same bytes read and stored by asyncio, and nothing done with them.

Run as `python -m bench.floor`. Each publisher is let in by our own RTMP session; from then on its bytes go by unread
("read"), or are gathered and stored as they came, 1.5 MB a file ("store"), through our own disk store, with its fsyncs.
What `bench.live_passthrough` shows beyond "store" is what parsing, mending, packaging and 0.2 s parts cost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, Self, cast

import uvloop

from bench import clip, meter, table
from bench.publisher import Publisher
from bench.servers import Processes, await_port, free_port
from origin.stores.disk import DiskStore
from origin.wire.rtmp.events import PublishRequested
from origin.wire.rtmp.session import Session

CACHE: Final = Path("build/bench")
SEGMENT_BYTES: Final = int(2 * clip.MEGABYTES_A_SECOND * 1e6)
"""Two seconds, as a segment of ours lasts."""
READ: Final = memoryview(bytearray(64 << 10))
"""Shared by all connections, as in `origin/ingest`."""


class Publishing(asyncio.BufferedProtocol):
    """One publisher; `store` is None where its bytes are only read."""

    def __init__(self, store: DiskStore | None, number: int) -> None:
        self._store = store
        self._number = number
        self._session: Session | None = Session(bytes(32))
        self._kept: list[bytes] = []
        self._size = self._files = 0
        self._put: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - as asyncio says
        return READ

    def buffer_updated(self, nbytes: int) -> None:
        if self._session:
            self._let_in(self._session, bytes(READ[:nbytes]))
        elif self._store:
            self._keep(self._store, bytes(READ[:nbytes]))

    def _let_in(self, session: Session, data: bytes) -> None:
        for event in session.receive_data(data):
            if isinstance(event, PublishRequested):
                session.accept(event)
                self._session = None
        self._transport.write(session.data_to_send())

    def _keep(self, store: DiskStore, data: bytes) -> None:
        self._kept.append(data)
        self._size += len(data)
        if self._size >= SEGMENT_BYTES:
            body, self._kept, self._size, self._files = self._kept, [], 0, self._files + 1
            self._put = asyncio.create_task(store.put(f"{self._number}/{self._files}.m4s", body))


async def serve(port: int, folder: str) -> None:
    """Take publishers until killed; an empty `folder` means that nothing is stored."""
    store = DiskStore(Path(folder)) if folder else None
    numbers = iter(range(1_000_000))
    server = await asyncio.get_running_loop().create_server(lambda: Publishing(store, next(numbers)), "127.0.0.1", port)
    await server.serve_forever()


class Floor(Processes):
    """A child that serves."""

    def __init__(self, folder: Path, *, stores: bool) -> None:
        super().__init__(folder)
        self._port = free_port()
        self._stores = str(folder / "objects") if stores else ""

    def __enter__(self) -> Self:
        super().__enter__()
        self.spawn(sys.executable, "-m", "bench.floor", "--serve", str(self._port), self._stores)
        await_port(self._port)
        return self

    def urls(self, count: int) -> list[str]:
        """One server for all."""
        return [f"rtmp://127.0.0.1:{self._port}/live/s{index}" for index in range(count)]


def measure(count: int, seconds: float, *, stores: bool) -> float:
    """Per cent of a core a stream."""
    path = clip.encode(CACHE)
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(dir=CACHE))
        server = stack.enter_context(Floor(Path(scratch).resolve() / "run", stores=stores))
        publisher = stack.enter_context(Publisher(path, server.urls(count)))
        time.sleep(seconds / 2)
        before, began = meter.read(server.pids), time.monotonic()
        time.sleep(seconds)
        after, ended = meter.read(server.pids), time.monotonic()
        publisher.check()
    return 100 * (after.cpu_s - before.cpu_s) / (ended - began) / count


def main() -> None:
    """Print the table, or be the child that is measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.floor", description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="streams at once (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="seconds measured (default %(default)s)")
    parser.add_argument("--serve", nargs=2, metavar=("PORT", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        uvloop.run(serve(int(chosen.serve[0]), chosen.serve[1]))
        return
    rows = [
        (name, f"{measure(chosen.count, chosen.seconds, stores=stores):.3f}")
        for name, stores in (("read", False), ("store", True))
    ]
    print(table.render("The floor of live passthrough", (f"{chosen.count} streams", "CPU, % of a core a stream"), rows))


if __name__ == "__main__":
    main()
