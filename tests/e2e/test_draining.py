"""A server that is told to stop, with a viewer who is held, a publisher on the air and a segment that is open."""

from __future__ import annotations

import asyncio
import contextlib
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from origin.app import STOPPED_AT_ONCE
from tests.support import ffmpeg
from tests.support.node import Node

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.running import Stream

LONG_GOP = [word.replace("60", "150") if word == "60" else word for word in ffmpeg.source()]
"""Five seconds: a segment that is open at its fifth part is so for four seconds more."""


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    made = Node(tmp_path)
    await made.start()
    yield made
    await made.stop()


@asynccontextmanager
async def overheard(port: int) -> AsyncIterator[tuple[int, bytearray]]:
    """A line to `port`: where it begins, and what the server says on it."""
    heard = bytearray()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                kept += data
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, far[1], bytearray()), pass_on(far[0], writer, heard))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


def last_segment(text: str) -> int:
    """Number of the last whole segment in a playlist."""
    return int(re.findall(r"^1-(\d+)\.m4s$", text, re.MULTILINE)[-1])


class Viewer:
    """One who reloads, and takes each part of one segment as it comes."""

    def __init__(self, http: httpx.AsyncClient, stream: Stream) -> None:
        self.http = http
        self.base = f"{stream.base}v0/"
        self.parts: list[bytes] = []

    async def playlist(self, query: str = "") -> httpx.Response:
        return await self.http.get(f"{self.base}index.m3u8{query}")

    async def until_ready(self) -> int:
        """Wait for the first whole segment; gives the number of the next."""
        async with asyncio.timeout(30):
            while (answer := await self.playlist()).status_code != 200 or "EXTINF" not in answer.text:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(0.1)
        return last_segment(answer.text) + 1

    async def take_parts(self, msn: int) -> None:
        """Ask for part after part, each before it is there, until there is none."""
        with contextlib.suppress(httpx.TransportError):
            while (answer := await self.http.get(f"{self.base}1-{msn}.{len(self.parts)}.m4s")).status_code == 200:
                self.parts.append(answer.content)

    async def until_held(self, operators: str, count: int) -> None:
        """Wait until the server holds so many requests."""
        async with asyncio.timeout(30):
            while f"headwater_playback_waiting {count}.0" not in (await self.http.get(operators)).text:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)


async def test_a_stop_answers_who_is_held_and_stores_what_is_open(node: Node, tmp_path: Path) -> None:
    stream = await node.stream()
    async with (
        overheard(node.rtmp_port) as (port, heard),
        httpx.AsyncClient(timeout=30) as http,
        ffmpeg.publishing(f"rtmp://127.0.0.1:{port}/live/{stream.key}", LONG_GOP) as publisher,
    ):
        viewer = Viewer(http, stream)
        msn = await viewer.until_ready()
        taking = asyncio.create_task(viewer.take_parts(msn))
        held = asyncio.create_task(viewer.playlist(f"?_HLS_msn={msn + 1}"))
        assert (await viewer.playlist(f"?_HLS_msn={msn}&_HLS_part=4")).status_code == 200
        await viewer.until_held(f"http://127.0.0.1:{node.ops_port}/metrics", 2)
        assert not held.done()
        assert node.process
        node.process.terminate()
        answer = await held
        await asyncio.gather(taking, asyncio.wait_for(publisher.wait(), 30))
    assert await node.ended() == 0
    assert answer.status_code == 200
    assert "#EXT-X-ENDLIST" not in answer.text, "the next start goes on with it"
    assert last_segment(answer.text) == msn
    (stored,) = (tmp_path / "objects").glob(f"*/*/v0/1-{msn}.m4s")
    assert len(viewer.parts) > 4
    assert stored.read_bytes() == b"".join(viewer.parts)
    assert b"The server is shutting down; connect again in a moment." in heard
    assert (node.said("draining"), node.said("stopped")) == (1, 1)


async def test_a_second_signal_stops_at_once(node: Node) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", node.http_port)
    head = "POST /v1/streams HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    writer.write(head.encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
    assert node.process
    node.process.terminate()  # it would wait for the rest of that request
    await node.until_it_says("draining")
    node.process.terminate()
    assert await node.ended() == STOPPED_AT_ONCE
    assert not node.said("stopped")
    writer.close()
