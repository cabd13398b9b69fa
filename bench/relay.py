"""A TCP relay that delays: a longer line without the kernel's help (`netem` is not to be had everywhere).

Each direction holds every piece of data back for half the round trip. What is on its way is bounded, as on a real line:
more than `MOST_UNDER_WAY` makes the sender wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHUNK = 1 << 16
MOST_UNDER_WAY = 256
"""Chunks in each direction: 16 MB, more than 60 ms of a 1 Gbit/s line hold."""


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    """Pass everything on, `delay_s` late, the end included."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MOST_UNDER_WAY)

    async def receive() -> None:
        data = b"-"
        while data:
            data = await reader.read(CHUNK)
            await under_way.put((loop.time() + delay_s, data))

    async def send() -> None:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(receive())
        tasks.create_task(send())


@asynccontextmanager
async def relay(host: str, port: int, round_trip_s: float) -> AsyncIterator[int]:
    """Listen on a free port of this machine and pass connections on to `host:port`; gives the port."""
    tasks: set[asyncio.Task[None]] = set()

    def connected(near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        # Not left to asyncio: it takes the cancelling of a connection's task for an error (until Python 3.12).
        task = asyncio.create_task(connect(near_in, near_out))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def connect(near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ExceptionGroup, OSError), contextlib.closing(near_out):
            far_in, far_out = await asyncio.open_connection(host, port)
            with contextlib.closing(far_out):
                async with asyncio.TaskGroup() as both:
                    both.create_task(pump(near_in, far_out, round_trip_s / 2))
                    both.create_task(pump(far_in, near_out, round_trip_s / 2))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
