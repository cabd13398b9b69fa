"""A listener with a recording desk behind it, and peers that say what the test wants."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.ingest.rtmp import RtmpLimits, RtmpServer, serve_rtmp
from origin.ingest.rtmp_connection import RtmpConnection
from origin.observe.metrics import REGISTRY
from tests.support.desk import RecordingDesk
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH, message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = "sk_right"
PATIENCE_S = 30
"""How long a test waits for an end before it fails."""
QUICK = RtmpLimits(linger_s=0.2)
AVC_HEADER = message(9, b"\x17\x00\x00\x00\x00\x01\x4d\x00\x28\xff\xe0\x00")
PICTURE_TAG = message(9, b"\x17\x01\x00\x00\x00picture", time=40)


@dataclass
class Peer:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def end(self) -> bytes:
        """Everything that the server says until it hangs up, by FIN or by RST."""
        said = bytearray()
        with contextlib.suppress(ConnectionResetError):
            async with asyncio.timeout(PATIENCE_S):
                while data := await self.reader.read(65536):
                    said += data
        return bytes(said)


@dataclass
class Stage:
    desk: RecordingDesk
    server: RtmpServer

    @asynccontextmanager
    async def peer(self, *said: bytes, address: str = "127.0.0.1") -> AsyncIterator[Peer]:
        reader, writer = await asyncio.open_connection(*self.server.address, local_addr=(address, 0))
        writer.write(b"".join(said))
        try:
            yield Peer(reader, writer)
        finally:
            writer.close()

    @asynccontextmanager
    async def publisher(self, *, address: str = "127.0.0.1") -> AsyncIterator[Peer]:
        async with self.peer(HELLO, CONNECT, CREATE, PUBLISH, address=address) as peer:
            await peer.reader.readuntil(b"NetStream.Publish.Start")
            yield peer

    async def only_connection(self) -> RtmpConnection:
        """The server's end of the one peer there is, as soon as it is there."""
        while not self.server._house.connections:  # noqa: ASYNC110 - the house tells nobody of newcomers
            await asyncio.sleep(0)
        (connection,) = self.server._house.connections
        assert isinstance(connection, RtmpConnection)
        return connection

    async def emptied(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.server._house.empty.wait()
        assert not self.server._house._tasks


@asynccontextmanager
async def stage(limits: RtmpLimits = QUICK) -> AsyncIterator[Stage]:
    desk = RecordingDesk(KEY)
    server = await serve_rtmp(desk, "127.0.0.1", 0, limits=limits)
    try:
        yield Stage(desk, server)
    finally:
        await server.close(0)


def counted() -> float:
    return REGISTRY.get_sample_value("headwater_ingest_bytes_total", {"protocol": "rtmp"}) or 0.0
