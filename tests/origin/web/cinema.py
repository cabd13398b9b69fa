"""A listener that shows one film, and what clients say of it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from origin.errors import Problem
from origin.vod.mp4.films import Film
from origin.vod.mp4.plans import Plans
from origin.web.asgi import ClientGoneError, respond
from origin.web.connections import HttpLimits, request_watched
from origin.web.listener import HttpListener
from origin.web.movies import Movies
from origin.web.problems import document
from tests.origin.vod.mp4.shelf import shelve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from origin.stores.protocol import ObjectStore
    from tests.packager.mp4.recording import Recording

PAGE = b"<!doctype html><title>A film</title><video></video>"


@dataclass(frozen=True)
class Films:
    """Those that there are, by the id that they are played under."""

    known: Mapping[str, Film]

    async def film(self, playback_id: str) -> Film:
        return self.known[playback_id]


@dataclass
class Cinema:
    """An application: the film at `/film`, and a page to play it in everywhere else."""

    movies: Movies
    url: str = ""
    gone: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with request_watched():
            if scope["path"] != "/film":
                await respond(
                    send, 200, ((b"content-type", b"text/html"), (b"content-length", b"%d" % len(PAGE))), PAGE
                )
                return
            try:
                await self.movies.answer(scope, receive, send, "pb_a", also=((b"x-also", b"this"),))
            except Problem as problem:
                headers = [(name.encode(), value.encode()) for name, value in problem.headers]
                await respond(send, problem.status, headers, document(problem, "r"))
            except ClientGoneError:
                self.gone += 1


@asynccontextmanager
async def showing(
    store: ObjectStore, recording: Recording, folder: Path, name: str = "A film"
) -> AsyncIterator[Cinema]:
    """Serve a recording; `url` is the film's."""
    plans = Plans(folder, store)
    films = Films({"pb_a": Film("pb_a", name, await shelve(store, recording))})
    cinema = Cinema(Movies(films, plans, store))
    listener = HttpListener(HttpLimits())
    host, port = await listener.bind("127.0.0.1", 0)
    await listener.serve(cinema)
    cinema.url = f"http://{host}:{port}/film"
    try:
        yield cinema
    finally:
        await listener.close(0.0)
        await plans.close()
