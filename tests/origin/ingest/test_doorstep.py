"""TLS before RTMP: who never shakes hands is counted, bounded and gone in time, and who does gets in. On both loops."""

from __future__ import annotations

import asyncio
import resource
import socket
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from ssl import MemoryBIO, SSLWantReadError
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from media.track import Codec
from origin.ingest.rtmp import RtmpLimits, RtmpServer, serve_rtmp
from origin.observe.metrics import REGISTRY
from tests.support.certificates import server_tls, trusting_tls
from tests.support.desk import RecordingDesk
from tests.support.publishers import H264, PICTURE, ffmpeg
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KEY = "sk_right"
LONG = 600.0
"""A time that no test waits for."""


def rejected(reason: str) -> float:
    return REGISTRY.get_sample_value("headwater_ingest_rejected_total", {"protocol": "rtmps", "reason": reason}) or 0.0


def client_hello() -> bytes:
    """The first that a client says."""
    incoming, outgoing = MemoryBIO(), MemoryBIO()
    with suppress(SSLWantReadError):
        trusting_tls().wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


@dataclass
class Door:
    """An RTMPS listener and the strangers before it."""

    desk: RecordingDesk
    server: RtmpServer
    strangers: AsyncExitStack

    @property
    def inside(self) -> int:
        return len(self.server._house.connections)

    async def stranger(self, said: bytes = b"") -> asyncio.StreamReader:
        """Connect by TCP, say something that is no handshake, and stay."""
        reader, writer = await asyncio.open_connection(*self.server.address)
        self.strangers.callback(writer.close)
        writer.write(said)
        return reader

    async def crowd(self, count: int) -> list[asyncio.StreamReader]:
        return [await self.stranger() for _ in range(count)]

    async def publish(self) -> asyncio.StreamWriter:
        """Get in by TLS and go on the air. The first message comes right behind the handshake."""
        reader, writer = await asyncio.open_connection(*self.server.address, ssl=trusting_tls())
        writer.write(HELLO + CONNECT + CREATE + PUBLISH)
        await reader.readuntil(b"NetStream.Publish.Start")
        return writer


@asynccontextmanager
async def door(folder: Path, limits: RtmpLimits) -> AsyncIterator[Door]:
    desk = RecordingDesk(KEY)
    server = await serve_rtmp(desk, "127.0.0.1", 0, limits=limits, tls=await server_tls(folder))
    async with AsyncExitStack() as strangers:
        yield Door(desk, server, strangers)
        await server.close(0)
        assert not server._house.connections
        assert {place.connections for place in server._house._addresses.values()} <= {0}


async def ends(readers: list[asyncio.StreamReader], count: int) -> list[asyncio.StreamReader]:
    """Wait until the server has hung up on `count` of these; gives those that are still there."""
    waiting = {asyncio.create_task(_end(reader)): reader for reader in readers}
    left = set(waiting)
    while len(readers) - len(left) < count:
        _, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return [waiting[task] for task in left]


async def _end(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionResetError):
        await reader.read()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (RtmpLimits(strangers=5, handshake_s=LONG, linger_s=0.1), "displaced"),
        (RtmpLimits(connections_per_address=5, handshake_s=LONG, linger_s=0.1), "too_many_from_address"),
    ],
    ids=["in all", "from one address"],
)
async def test_no_more_than_the_limit_are_kept(tmp_path: Path, limits: RtmpLimits, reason: str) -> None:
    before = rejected(reason)
    async with door(tmp_path, limits) as at:
        kept = await ends(await at.crowd(30), 25)
        assert at.inside == len(kept) == 5
        assert rejected(reason) == before + 25


async def test_those_that_never_shake_hands_are_cut_and_a_real_encoder_gets_in_afterwards(tmp_path: Path) -> None:
    before = rejected("tls_handshake")
    async with door(tmp_path, RtmpLimits(strangers=20, handshake_s=3, linger_s=0.1)) as at:
        assert await ends(await at.crowd(20), 20) == []
        await at.server._house.empty.wait()
        assert rejected("tls_handshake") == before + 20
        host, port = at.server.address
        status, said = await ffmpeg(*PICTURE, *H264, "-f", "flv", f"rtmps://{host}:{port}/live/{KEY}")
        assert status == 0, said
        assert [track.codec for track in at.desk.publications[0].tracks] == [Codec.H264]
        assert len(at.desk.publications[0].frames) == 50


async def test_a_publisher_gets_in_beside_strangers_and_takes_a_place_of_its_own(tmp_path: Path) -> None:
    async with door(tmp_path, RtmpLimits(strangers=5, handshake_s=LONG, linger_s=0.1)) as at:
        before = await at.crowd(4)
        writer = await at.publish()
        assert at.inside == 5
        behind = await at.crowd(6)
        assert len(await ends([*before, *behind], 5)) == 5
        assert at.inside == 6
        assert not at.desk.publications[0].closed
        writer.close()
        await at.desk.publications[0].over.wait()


async def test_agreeing_on_tls_is_getting_on(tmp_path: Path) -> None:
    """Of three from one address the oldest is let be, as it has come further than the others."""
    async with door(tmp_path, RtmpLimits(strangers=3, handshake_s=LONG, linger_s=0.1)) as at:
        reader, writer = await asyncio.open_connection(*at.server.address, ssl=trusting_tls())
        writer.write(HELLO)
        await reader.readexactly(len(HELLO))
        assert len(await ends(await at.crowd(7), 5)) == 2
        writer.write(CONNECT + CREATE + PUBLISH)
        await reader.readuntil(b"NetStream.Publish.Start")
        writer.close()


@pytest.mark.parametrize(
    "said", [b"GET / HTTP/1.1\r\n\r\n", HELLO, bytes(1 << 20)], ids=["HTTP", "RTMP without TLS", "zeros"]
)
async def test_what_is_no_tls_is_hung_up_on_at_once(tmp_path: Path, said: bytes) -> None:
    before = rejected("tls_handshake")
    async with door(tmp_path, RtmpLimits(handshake_s=LONG)) as at:
        reader = await at.stranger(said)
        assert await ends([reader], 1) == []
        await at.server._house.empty.wait()
        assert rejected("tls_handshake") == before + 1


async def test_half_a_hello_gives_no_more_time(tmp_path: Path) -> None:
    async with door(tmp_path, RtmpLimits(handshake_s=0.3)) as at:
        assert await ends([await at.stranger(client_hello()[:100])], 1) == []


async def test_a_peer_that_leaves_in_mid_handshake_frees_its_place(tmp_path: Path) -> None:
    async with door(tmp_path, RtmpLimits(strangers=1, handshake_s=LONG, linger_s=0.1)) as at:
        reader, writer = await asyncio.open_connection(*at.server.address)
        writer.write(client_hello())
        await reader.readexactly(5)  # the server's hello
        assert at.inside == 1
        writer.close()
        await at.server._house.empty.wait()
        (await at.publish()).close()


async def test_closing_does_not_wait_for_handshakes(tmp_path: Path) -> None:
    before = rejected("draining")
    async with door(tmp_path, RtmpLimits(handshake_s=LONG, linger_s=LONG)) as at:
        reader = await at.stranger(client_hello())
        await reader.readexactly(5)
        await at.server.close(LONG)
        assert rejected("draining") == before + 1
        assert await ends([reader], 1) == []


async def test_it_rests_when_there_are_no_files_and_goes_on(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with door(tmp_path, RtmpLimits(handshake_s=LONG, linger_s=0.1)) as at:
        [listening] = at.server._server.sockets
        client = socket.create_connection(at.server.address)
        resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno(), hard))
        try:
            with capture_logs() as logs:
                at.server._server._accept(listening)  # type: ignore[union-attr]  # with TLS it is our own
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        client.close()
        assert [(entry["event"], entry["log_level"]) for entry in logs] == [("accept_failed", "warning")]
        assert at.inside == 0
        (await at.publish()).close()


async def test_an_address_that_is_taken_cannot_be_had(tmp_path: Path) -> None:
    async with door(tmp_path, RtmpLimits()) as at:
        with pytest.raises(OSError, match="in use"):
            await serve_rtmp(at.desk, *at.server.address, tls=await server_tls(tmp_path))
