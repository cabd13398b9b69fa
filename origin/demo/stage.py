"""The demo from start to Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from origin.app import Server
from origin.catalog.bootstrap import ADMIN_KEY_FILE
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.secret_file import write_private
from origin.config import Address
from origin.demo.banner import Example, banner, commands
from origin.demo.child import Child
from origin.demo.film import NAME, Film
from origin.demo.streams import prepare
from origin.web.sessions import make_link
from origin.web.token_desk import Grant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from origin.config import Settings
    from origin.demo.streams import DemoStreams

OBS_KEY_FILE: Final = "demo-obs.key"
"""In the data directory, for its owner only, as the admin key is."""
ON_AIR_S: Final = 10.0
"""For the card to come on the air; a busy laptop takes two or three seconds to start a Python with its encoders."""
FILM_S: Final = 12.0
"""From the start on, for the film to come into the library; all is to be ready within 15 s, with the imports."""
LOOK_S: Final = 0.05
"""Between looks whether they have."""
STOPPED_AT_ONCE: Final = 130
"""Exit status after a second signal, as `headwater serve` has it."""


async def run_demo(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve, publish the test card, upload a film of it, say where everything is, and go on until SIGINT or SIGTERM."""
    stop, begun = asyncio.Event(), time.monotonic()
    _stop_by_signal(stop)
    async with _serving(settings) as server:
        film = Film(server)
        streams = await _streams(server, settings.data_dir / OBS_KEY_FILE)
        async with _meanwhile(film.bring()), _card_on_air(server, streams, stop):
            await _until(film.over.is_set, stop, begun + FILM_S)
            link = await make_link(server.catalog, server.links, DEFAULT_TENANT, clock=time.time, random=os.urandom)
            if not stop.is_set():
                told = _example(server, film)
                say(banner(link, server.links.rtmp, streams.obs.key, told, playable=film.ready))
                async with _meanwhile(_tell_late(server, film, say, told)):
                    await stop.wait()


def _example(server: Server, film: Film) -> Example | None:
    """What the lines for curl need; None until the film is there."""
    if film.version is None:
        return None
    minted = server.services.keyring.mint(Grant("download", film.version.object_id, DEFAULT_TENANT))
    folder, link = server.settings.data_dir, server.links.download(minted.token, film.version)
    return Example(server.links.base, folder / ADMIN_KEY_FILE, folder / NAME, link)


async def _tell_late(server: Server, film: Film, say: Callable[[str], None], told: Example | None) -> None:
    """Say what could not be said at once: the lines for curl if they were not `told`, and what went wrong."""
    await film.known.wait()
    late = None if told else _example(server, film)
    if late:
        say("\n".join(commands(late)))
    await film.over.wait()
    if film.trouble:
        say(film.trouble)


@asynccontextmanager
async def _meanwhile(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Let it go on beside what is done inside; on leaving, it ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


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
    child = await Child.start("origin.demo.publisher", f"rtmp://{address}/live/{streams.card.key}")
    try:
        # Then viewers find it.
        await _until(lambda: server.director.status(streams.card.id).state == "live", stop, time.monotonic() + ON_AIR_S)
        yield
    finally:
        await child.stop()


async def _until(condition: Callable[[], bool], stop: asyncio.Event, end: float) -> None:
    """Return when it holds; at the time `end` all the same: the page waits by itself, and what is late is told late."""
    while not stop.is_set() and time.monotonic() < end and not condition():  # noqa: ASYNC110 - the director calls nobody
        await asyncio.sleep(LOOK_S)
