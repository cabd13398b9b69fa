"""A whole server on ports of its own, with an API client, for tests from the outside."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from origin.app import Server
from origin.config import load_settings
from origin.web.sessions import make_link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

EPHEMERAL = {
    "HEADWATER_HTTP_BIND": "127.0.0.1:0",
    "HEADWATER_OPS_BIND": "127.0.0.1:0",
    "HEADWATER_RTMP_BIND": "127.0.0.1:0",
}


@dataclass(frozen=True)
class Stream:
    """A stream made over the API, with a token for its playback."""

    id: str
    key: str
    playback_id: str
    rtmp_url: str
    hls_url: str
    token: str

    @property
    def base(self) -> str:
        """The address below which everything of the stream is, ending in `/`."""
        return self.hls_url.removesuffix("index.m3u8")


class Headwater:
    """A running server and a client that holds the platform admin's key."""

    def __init__(self, server: Server, http: httpx.AsyncClient) -> None:
        self.server = server
        self.http = http
        host, port = server.http_address
        self.url = f"{'https' if server.settings.tls_cert else 'http'}://{host}:{port}"
        ops_host, ops_port = server.ops_address
        self.ops_url = f"http://{ops_host}:{ops_port}"

    async def stream(self, **fields: Any) -> Stream:
        """Create a stream and a play token."""
        made = (await self.post("/v1/streams", {"name": "test", **fields})).json()
        return await self.stream_of(made, made["stream_key"])

    async def stream_of(self, made: dict[str, Any], key: str) -> Stream:
        """What a test needs of a stream that is there."""
        minted = (await self.post("/v1/tokens", {"scope": "play", "playback_id": made["playback_id"]})).json()
        return Stream(
            made["id"], key, made["playback_id"], f"{made['rtmp_url']}/{key}", minted["urls"]["hls"], minted["token"]
        )

    async def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """POST and insist on success."""
        answer = await self.http.post(self.url + path, json=body or {})
        assert answer.is_success, answer.text
        return answer

    async def get(self, url: str, **kwargs: Any) -> httpx.Response:
        """GET an absolute URL or an API path, whatever the status."""
        return await self.http.get(url if url.startswith("http") else self.url + url, **kwargs)

    async def state(self, stream: Stream) -> dict[str, Any]:
        """The stream as the API shows it."""
        answer: dict[str, Any] = (await self.get(f"/v1/streams/{stream.id}")).json()
        return answer

    async def until_state(self, stream: Stream, state: str) -> dict[str, Any]:
        """Wait until the stream's state is `state`."""
        async with asyncio.timeout(30):
            while (shown := await self.state(stream))["state"] != state:  # noqa: ASYNC110 - looks from outside
                await asyncio.sleep(0.05)
        return shown

    async def sign_in_link(self, tenant_id: str = "tn_default") -> str:
        """A link that signs a browser in, once."""
        return await make_link(self.server.catalog, self.server.links, tenant_id, clock=time.time, random=os.urandom)

    async def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        text = (await self.get(f"{self.ops_url}/metrics")).text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


@asynccontextmanager
async def headwater(data_dir: Path, **settings: str) -> AsyncIterator[Headwater]:
    """Start a server on `data_dir`; `settings` are by name as in the environment, in lower case."""
    given = {f"HEADWATER_{name.upper()}": value for name, value in settings.items()}
    server = Server(load_settings(None, {**EPHEMERAL, "HEADWATER_DATA_DIR": str(data_dir), **given}))
    await server.start()
    try:
        key = (data_dir / "admin.key").read_text().strip()
        trusted = ssl.create_default_context(cafile=settings.get("tls_cert"))
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30, verify=trusted) as http:
            yield Headwater(server, http)
    finally:
        await server.stop()
