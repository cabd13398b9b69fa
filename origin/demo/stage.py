"""The demo from start to Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from origin.app import Server
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.secret_file import write_private
from origin.config import Address
from origin.demo.banner import banner
from origin.demo.child import CardProcess
from origin.demo.streams import prepare
from origin.web.sessions import make_link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from origin.config import Settings
    from origin.demo.streams import DemoStreams

OBS_KEY_FILE: Final = "demo-obs.key"
"""In the data directory, for its owner only, as the admin key is."""
ON_AIR_S: Final = 10.0
"""For the card to come on the air; a busy laptop takes two or three seconds to start a Python with its encoders."""
LOOK_S: Final = 0.05
"""Between looks whether it has."""
STOPPED_AT_ONCE: Final = 130
"""Exit status after a second signal, as `headwater serve` has it."""


async def run_demo(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve, publish the test card, say where everything is, and go on until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    _stop_by_signal(stop)
    async with _serving(settings) as server:
        streams = await _streams(server, settings.data_dir / OBS_KEY_FILE)
        async with _card_on_air(server, streams, stop):
            link = await make_link(server.catalog, server.links, DEFAULT_TENANT, clock=time.time, random=os.urandom)
            if not stop.is_set():
                say(banner(link, server.links.rtmp, streams.obs.key))
            await stop.wait()


async def _streams(server: Server, key_file: Path) -> DemoStreams:
    """The demo's streams; the key for OBS stays the same from run to run, so that OBS is set up once."""
    known = await asyncio.to_thread(_known_key, key_file)
    made = await server.catalog.write(
        lambda conn: prepare(conn, DEFAULT_TENANT, time.time(), os.urandom, obs_key=known)
    )
    if made.obs.key != known:
        await asyncio.to_thread(write_private, key_file, f"{made.obs.key}\n".encode(), os.urandom, replace=True)
    return made


def _known_key(key_file: Path) -> str | None:
    return key_file.read_text().strip() if key_file.exists() else None


def _stop_by_signal(stop: asyncio.Event) -> None:
    def on_signal() -> None:
        if stop.is_set():
            # The child ends by itself: its standard input closes with this process.
            os._exit(STOPPED_AT_ONCE)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)


@asynccontextmanager
async def _serving(settings: Settings) -> AsyncIterator[Server]:
    server = Server(settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def _card_on_air(server: Server, streams: DemoStreams, stop: asyncio.Event) -> AsyncIterator[None]:
    """Publish the card; on leaving, the publisher says goodbye before the server stops."""
    address = Address(*server.rtmp_address).reachable
    child = await CardProcess.start(f"rtmp://{address}/live/{streams.card.key}")
    try:
        await _until_on_air(server, streams.card.id, stop)
        yield
    finally:
        await child.stop()


async def _until_on_air(server: Server, stream_id: str, stop: asyncio.Event) -> None:
    """Return when viewers find the card; if it takes too long all the same, since the page waits by itself."""
    end = time.monotonic() + ON_AIR_S
    while not stop.is_set() and time.monotonic() < end and server.director.status(stream_id).state != "live":  # noqa: ASYNC110 - the director calls nobody
        await asyncio.sleep(LOOK_S)
