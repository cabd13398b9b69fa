"""The house with its doors for files: what comes in front of Quart, over real files and a real catalog."""

from __future__ import annotations

import base64
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from origin.catalog import objects
from origin.files.cleaner import Cleaner
from origin.files.scratch import Scratch
from origin.files.sealer import Sealer
from origin.files.uploads import Uploads
from origin.stores.workers import Workers
from origin.vod.runner import tell
from origin.web import access
from origin.web.downloads import Downloads
from origin.web.files import Files
from origin.web.front import Front
from origin.web.guard import Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from origin.web.asgi import App
    from tests.origin.web.house import House

BYTES = "application/offset+octet-stream"


@dataclass(frozen=True)
class Depot:
    """A client with the first admin's key, and what it talks to."""

    house: House
    uploads: Uploads
    scratch: Scratch
    cleaner: Cleaner
    front: App
    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, content: Any = None, **headers: Any) -> httpx.Response:
        """Send a request of tus; a header that is None is left out."""
        sent = {"Tus-Resumable": "1.0.0", **{name.replace("_", "-"): value for name, value in headers.items()}}
        kept = {name: str(value) for name, value in sent.items() if value is not None}
        return await self.http.request(method, path, content=content, headers=kept)

    async def begin(self, length: int, content: bytes | None = None, **metadata: str) -> httpx.Response:
        """Make an upload."""
        headers = {"Upload-Length": length, "Upload-Metadata": written(metadata) or None}
        if content is not None:
            headers["Content-Type"] = BYTES
        return await self.ask("POST", "/v1/uploads", content, **headers)

    async def append(self, path: str, offset: int, content: Any) -> httpx.Response:
        """Send bytes."""
        return await self.ask("PATCH", path, content, Upload_Offset=offset, Content_Type=BYTES)

    async def offset(self, path: str) -> int:
        """Ask how far it is."""
        answer = await self.ask("HEAD", path)
        assert answer.status_code == 200, answer.headers
        return int(answer.headers["Upload-Offset"])

    async def put(self, content: bytes, **metadata: str) -> dict[str, Any]:
        """Upload in one go; the object."""
        answer = await self.begin(len(content), content, **metadata)
        assert answer.status_code == 201, answer.text
        return dict((await self.http.get(answer.headers["Content-Location"])).json())


def written(metadata: Mapping[str, str]) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())


@asynccontextmanager
async def open_depot(house: House) -> AsyncIterator[Depot]:
    """Open the doors of a house."""
    given = house.services
    workers = Workers("files", 4, 64)
    scratch = Scratch(given.settings.data_dir)
    sealer = Sealer(
        given.catalog,
        given.store,
        scratch,
        workers,
        on_committed=objects.nothing,
        announce=partial(tell, given.bus),
        clock=house.clock,
        random=given.random,
    )
    uploads = Uploads(given.catalog, scratch, sealer, workers, clock=house.clock, random=given.random)
    cleaner = Cleaner(given.catalog, given.store, scratch, workers, house.clock)
    files = Guard(Files(given, house.app.extensions[access.EXTENSION], uploads), given.random, whole=False)
    front = Front(house.app, house.app, files=files, downloads=Downloads(given))
    headers = {"Authorization": f"Bearer {house.key}"}
    transport = httpx.ASGITransport(app=front)
    async with httpx.AsyncClient(transport=transport, base_url="http://media.example.org", headers=headers) as http:
        yield Depot(house, uploads, scratch, cleaner, front, http)
    await uploads.close()
    await workers.close()
