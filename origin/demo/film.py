"""The demo's film, from nothing to the library: made once, uploaded by tus as anybody's file, packaged by a job.

Each step looks whether it is done already, so a later run only finds it, and one that follows a crash goes on.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import httpx

from origin.catalog import assets, objects
from origin.catalog.bootstrap import ADMIN_KEY_FILE
from origin.catalog.ids import DEFAULT_TENANT
from origin.config import Address
from origin.demo.child import LOW, Child
from origin.errors import Problem
from origin.wire import tus

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from origin.app import Server
    from origin.catalog.assets import Asset
    from origin.catalog.objects import Version

NAME: Final = "demo-film.mp4"
"""In the data directory, and of the object and the asset."""
LOOKED_THROUGH: Final = 200
"""Objects of such names, and assets, among which the demo looks for its own, newest first."""
TIMEOUT_S: Final = 30.0
"""For an answer of the server, which is this process."""
SEALED_S: Final = 60.0
"""For the upload to become an object, which takes a moment; a disk may be busy."""
PACKAGED_S: Final = 300.0
"""For the film's job, which takes seconds; then it is somebody else's queue that it waits in."""
MAX_WORDS: Final = 300
"""Of an answer that is no success; a problem document is shorter."""
LOOK_S: Final = 0.1
"""Between looks."""
_ENDED: Final = frozenset({assets.READY, assets.FAILED})


class FilmError(Exception):
    """Why there is no film, in a sentence."""


class Film:
    """On its way. `version` is what can be downloaded, once there is such.

    `known` is set when it is clear whether there is, `over` when nothing follows.
    """

    def __init__(self, server: Server) -> None:
        self.version: Version | None = None
        self.ready = False
        self.trouble: str | None = None
        self.known, self.over = asyncio.Event(), asyncio.Event()
        self._server = server
        self._file = server.settings.data_dir / NAME

    async def bring(self) -> None:
        """Take all steps. What goes wrong is in `trouble` afterwards."""
        try:
            if not self._file.exists():
                await _make(self._file)
            self.version = version = await self._find() or await self._uploaded()
            self.known.set()
            self.ready = await self._packaged(version)
        except (FilmError, Problem, OSError, httpx.HTTPError) as error:
            self.trouble = f"The demo's film is not in the library: {_reason(error)}"
        finally:
            self.known.set()
            self.over.set()

    async def _find(self) -> Version | None:
        return await self._server.catalog.read(_named)

    async def _uploaded(self) -> Version:
        """Send it, and wait until it is an object."""
        key = await asyncio.to_thread(_key, self._server.settings.data_dir / ADMIN_KEY_FILE)
        # Not through a proxy: the server is here.
        async with httpx.AsyncClient(base_url=self._address(), timeout=TIMEOUT_S, trust_env=False) as http:
            http.headers.update({"Authorization": f"Bearer {key}", "Tus-Resumable": tus.VERSION.decode()})
            await _upload(http, await asyncio.to_thread(self._file.read_bytes))
        async with asyncio.timeout(SEALED_S):
            while not (found := await self._find()):  # noqa: ASYNC110 - the uploads call nobody
                await asyncio.sleep(LOOK_S)
            return found

    def _address(self) -> str:
        """How this process reaches its own listener; by its public name where a certificate must match."""
        if self._server.settings.tls_cert:
            return self._server.links.base
        return f"http://{Address(*self._server.http_address).reachable}"

    async def _packaged(self, version: Version) -> bool:
        """Wait until it can be played. False if the asset was deleted, which is not for us to undo."""
        async with asyncio.timeout(PACKAGED_S):
            while (found := await self._asset(version)) and found.state not in _ENDED:  # noqa: ASYNC110 - nor do jobs
                await asyncio.sleep(LOOK_S)
        if found and found.state == assets.FAILED:
            raise FilmError(f"it cannot be packaged. {found.error}")
        return found is not None

    async def _asset(self, version: Version) -> Asset | None:
        made = await self._server.catalog.read(lambda conn: assets.page(conn, DEFAULT_TENANT, None, LOOKED_THROUGH))
        return next((each for each in made if each.version_id == version.id), None)


async def _make(file: Path) -> None:
    child = await Child.start("origin.demo.filming", str(file), nice=LOW)
    try:
        if await child.ended():
            raise FilmError("it could not be made.")
    finally:
        await child.stop()


async def _upload(http: httpx.AsyncClient, content: bytes) -> None:
    """All of it with the creation, as the line does that the demo prints. Raises `FilmError`, `httpx.HTTPError`."""
    headers = {
        "Upload-Length": str(len(content)),
        "Upload-Metadata": tus.write_metadata({"filename": NAME, "filetype": "video/mp4", "package": "1"}),
        "Content-Type": tus.CONTENT_TYPE.decode(),
    }
    answer = await http.post("/v1/uploads", headers=headers, content=content)
    if answer.is_error or answer.headers.get("Upload-Offset") != str(len(content)):
        raise FilmError(f"the server answered {answer.status_code} to its upload. {answer.text[:MAX_WORDS]}")


def _key(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        raise FilmError(f"there is no API key in {file}.") from None


def _named(conn: Connection) -> Version | None:
    """The object, if an earlier run has uploaded it."""
    named = objects.page(conn, DEFAULT_TENANT, None, LOOKED_THROUGH, prefix=NAME)
    found = next((each.id for each in named if each.name == NAME), None)
    return None if found is None else objects.current(conn, DEFAULT_TENANT, found)


def _reason(error: Exception) -> str:
    """A sentence."""
    if isinstance(error, TimeoutError):
        return "it takes too long."
    return error.detail if isinstance(error, Problem) else str(error) or type(error).__name__
