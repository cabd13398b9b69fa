"""Bad peers: each gets a clear end and a metric, leaves nothing behind, and disturbs nobody."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from origin.ingest.rtmp import RtmpLimits, RtmpServer, serve_rtmp
from origin.ingest.rtmp_connection import RtmpConnection
from origin.live.farewell import Farewell
from origin.observe.metrics import REGISTRY
from origin.wire.rtmp import amf0
from origin.wire.rtmp.chunk import ChunkLimits
from origin.wire.rtmp.session import Session
from tests.origin.ingest.test_rtmp import rejected
from tests.support.desk import RecordedPublication, RecordingDesk
from tests.support.publishers import H264, PICTURE, ffmpeg
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH, VECTORS, command, message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from origin.wire.rtmp.events import Event

KEY = "sk_right"
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
        try:
            while data := await self.reader.read(65536):
                said += data
        except ConnectionResetError:
            pass
        return bytes(said)


@dataclass
class Stage:
    desk: RecordingDesk
    server: RtmpServer

    @asynccontextmanager
    async def peer(self, *said: bytes) -> AsyncIterator[Peer]:
        reader, writer = await asyncio.open_connection(*self.server.address)
        writer.write(b"".join(said))
        try:
            yield Peer(reader, writer)
        finally:
            writer.close()

    @asynccontextmanager
    async def publisher(self) -> AsyncIterator[Peer]:
        async with self.peer(HELLO, CONNECT, CREATE, PUBLISH) as peer:
            await peer.reader.readuntil(b"NetStream.Publish.Start")
            yield peer

    async def emptied(self) -> None:
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


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([b"GET / HTTP/1.1\r\n\r\n"], "handshake"),
        ([HELLO, b"\xff" * 4000], "protocol"),
        ([HELLO, CONNECT, message(20, b"\x99")], "amf"),
        ([HELLO, CONNECT, CONNECT], "protocol"),
        ([HELLO, CONNECT, message(9, bytes(3000))], "message_too_large"),
        ([HELLO, CONNECT, command("play", 3.0, None, "x", stream=1)], "play"),
        ([HELLO, CONNECT, CREATE, command("publish", 3.0, None, "sk_wrong", stream=1)], "unauthorized"),
    ],
)
async def test_garbage_ends_with_a_reason(said: list[bytes], reason: str) -> None:
    before = rejected(reason)
    async with stage(RtmpLimits(linger_s=0.2, chunks=ChunkLimits(message_bytes=2000))) as at, at.peer(*said) as peer:
        await peer.end()
        assert rejected(reason) == before + 1
        await at.emptied()
        assert not at.desk.publications


@pytest.mark.parametrize(
    ("limits", "said", "reason"),
    [
        (RtmpLimits(handshake_s=0.1), [], "handshake_timeout"),
        (RtmpLimits(handshake_s=0.1), [HELLO[:2000]], "handshake_timeout"),
        (RtmpLimits(handshake_s=0.1, publish_s=0.1, linger_s=0.1), [HELLO, CONNECT, CREATE], "publish_timeout"),
        (RtmpLimits(idle_s=0.1, linger_s=0.1), [HELLO, CONNECT, CREATE, PUBLISH], "idle_timeout"),
    ],
)
async def test_silence_ends_with_a_reason(limits: RtmpLimits, said: list[bytes], reason: str) -> None:
    before = rejected(reason)
    async with stage(limits) as at, at.peer(*said) as peer:
        await peer.end()
        await at.emptied()
        assert rejected(reason) == before + 1


TALK = {
    "commands": command("FCPublish", 9.0, None, "x"),
    "pings": message(4, b"\x00\x06ping", stream=0, chunks=2),
    "metadata": message(18, amf0.encode(["@setDataFrame", "onMetaData", {"width": 640.0}])),
    "headers": AVC_HEADER,
    "empty": message(8, b""),
}


@pytest.mark.parametrize("talk", TALK)
async def test_a_publisher_that_only_talks_is_idle(talk: str) -> None:
    async with stage(RtmpLimits(idle_s=0.3, linger_s=0.1)) as at, at.publisher() as peer:

        async def go_on() -> None:
            while True:
                peer.writer.write(TALK[talk])
                await asyncio.sleep(0.02)

        talking = asyncio.create_task(go_on())
        assert b"No picture and no sound came for 0.3 s." in await peer.end()
        talking.cancel()
        (publication,) = at.desk.publications
        assert publication.closed == ["idle_timeout"]


async def test_dripping_does_not_prolong_the_handshake() -> None:
    async with stage(RtmpLimits(handshake_s=0.3)) as at, at.peer() as peer:

        async def drip() -> None:
            while True:
                peer.writer.write(b"\x03")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        await peer.end()
        dripping.cancel()
        await at.emptied()


async def test_bad_media_ends_the_publication_and_says_why() -> None:
    before = rejected("bad_media")
    async with stage() as at, at.publisher() as peer:
        peer.writer.write(message(9, b"\x17\x00\x00\x00\x00\x02garbage"))
        assert b"H264 decoder configuration" in await peer.end()
        assert at.desk.publications[0].closed == ["bad_media"]
        assert rejected("bad_media") == before + 1


async def test_a_truncated_publication_is_closed() -> None:
    async with stage() as at:
        async with at.publisher() as peer:
            peer.writer.write(AVC_HEADER + PICTURE_TAG + PICTURE_TAG[:10])
        await at.emptied()
        (publication,) = at.desk.publications
        assert len(publication.frames) == 1
        assert publication.closed == ["connection closed"]


async def test_every_byte_is_counted_in_the_end() -> None:
    async with stage() as at:
        before = counted()
        said = AVC_HEADER + PICTURE_TAG * 3 + message(9, b"\x17\x01\x00\x00\x00" + bytes(300_000), time=80)
        async with at.publisher() as peer:
            peer.writer.write(said)
            await peer.writer.drain()
        await at.emptied()
        assert counted() - before == len(HELLO + CONNECT + CREATE + PUBLISH + said)


def counted() -> float:
    return REGISTRY.get_sample_value("headwater_ingest_bytes_total", {"protocol": "rtmp"}) or 0.0


async def test_a_broken_pipeline_ends_its_own_publisher_only() -> None:
    async with stage() as at, at.publisher() as peer:
        at.desk.publications[0].faulty = True
        with capture_logs() as logs:
            peer.writer.write(AVC_HEADER + PICTURE_TAG)
            assert b"The server failed on this stream." in await peer.end()
        assert "ingest_failed" in [entry["event"] for entry in logs]
        assert at.desk.publications[0].closed == ["internal"]


async def test_a_broken_desk_is_not_the_publishers_fault() -> None:
    class Broken(RecordingDesk):
        async def open(self, stream_key: str, protocol: str, peer: str) -> RecordedPublication:
            raise RuntimeError(f"no {protocol} for {len(stream_key)} characters from {peer}")

    server = await serve_rtmp(Broken(), "127.0.0.1", 0, limits=QUICK)
    async with Stage(Broken(), server).peer(HELLO, CONNECT, CREATE, PUBLISH) as peer:
        assert b"NetStream.Failed" in await peer.end()
    await server.close(0)


async def test_a_publisher_that_leaves_while_the_desk_thinks_is_taken_off_again() -> None:
    class Slow(RecordingDesk):
        def __init__(self) -> None:
            super().__init__(KEY)
            self.asked, self.decided = asyncio.Event(), asyncio.Event()

        async def open(self, stream_key: str, protocol: str, peer: str) -> RecordedPublication:
            self.asked.set()
            await self.decided.wait()
            return await super().open(stream_key, protocol, peer)

    desk = Slow()
    server = await serve_rtmp(desk, "127.0.0.1", 0, limits=RtmpLimits(publish_s=0.2, linger_s=0.1, handshake_s=0.1))
    async with Stage(desk, server).peer(HELLO, CONNECT, CREATE, PUBLISH) as peer:
        await desk.asked.wait()
        await peer.end()
    desk.decided.set()
    await desk.opened.wait()
    await desk.publications[0].over.wait()
    assert desk.publications[0].closed == ["connection closed"]
    await server.close(0)


FLOODS = {
    "empty": message(8, b"", chunks=6) + b"\xc6" * 60_000,
    "tiny": message(8, b"\xaf", chunks=6) + b"\xc6\xaf" * 30_000,
    "unknown": command("whatever", 8.0) * 1500,
    "pings": message(4, b"\x00\x06ping", stream=0, chunks=2) * 3000,
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_floods_are_cut_off(flood: str) -> None:
    """From one that does not publish, and from one that does."""
    before = rejected("flood")
    async with stage() as at:
        async with at.peer(HELLO, CONNECT, FLOODS[flood]) as stranger:
            assert len(await stranger.end()) < 40_000
        assert rejected("flood") == before + 1
        async with at.publisher() as publisher:
            publisher.writer.write(FLOODS[flood])
            await publisher.end()
        await at.emptied()
        assert rejected("flood") == before + 2
        (publication,) = at.desk.publications
        assert publication.closed == ["flood"]
        assert [code for code, _ in publication.remarks] == ["flood"]


async def test_who_was_cut_off_is_not_read_faster_than_before() -> None:
    """What it sends on is discarded, up to the allowance of bytes and one read more."""
    limits = RtmpLimits(linger_s=0.5, bytes_per_s=1.0, burst_bytes=100_000)
    before = counted()
    async with stage(limits) as at, at.peer(HELLO, CONNECT, CONNECT) as peer:
        with contextlib.suppress(ConnectionError):
            while True:
                peer.writer.write(bytes(1 << 20))
                await peer.writer.drain()
        await at.emptied()
    assert counted() - before <= 100_000 + limits.read_bytes


async def test_flooders_who_come_back_disturb_no_encoder() -> None:
    before = rejected("flood")
    async with stage() as at:

        async def flood() -> None:
            while True:
                async with at.peer(HELLO, CONNECT, CREATE, FLOODS["empty"]) as bad:
                    await bad.end()

        flooding = [asyncio.create_task(flood()) for _ in range(5)]
        url = f"rtmp://127.0.0.1:{at.server.address[1]}/live/{KEY}"
        status, said = await ffmpeg(*PICTURE, *H264, "-f", "flv", url)
        assert status == 0, said
        assert len(at.desk.publications[0].frames) == 50
        assert not any(task.done() for task in flooding)
        for task in flooding:
            task.cancel()
        await asyncio.wait(flooding)
        assert rejected("flood") >= before + 5


async def test_time_in_which_the_processor_is_somebody_elses_is_not_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asleep as it would be with the processor taken from it."""
    reads = Session.receive_data

    def kept_waiting(session: Session, data: bytes) -> list[Event]:
        time.sleep(0.2)
        return reads(session, data)

    async with stage() as at, at.peer() as peer:
        monkeypatch.setattr(Session, "receive_data", kept_waiting)
        peer.writer.write(HELLO)
        await peer.reader.readexactly(len(HELLO))
        (connection,) = at.server._house.connections
        assert isinstance(connection, RtmpConnection)
        assert not connection._holds


async def test_a_peer_is_forgiven_for_being_held_but_not_for_ever() -> None:
    async with stage(RtmpLimits(handshake_s=0.5, linger_s=0.1)) as at, at.peer() as peer:
        while not at.server._house.connections:
            await asyncio.sleep(0)
        (connection,) = at.server._house.connections
        assert isinstance(connection, RtmpConnection)
        connection.hold("house")
        peer.writer.write(HELLO)
        await asyncio.sleep(1.0)
        connection.release("house")
        await peer.reader.readexactly(len(HELLO))
    before = rejected("handshake_timeout")
    async with stage(RtmpLimits(handshake_s=0.05)) as at, at.peer() as peer:
        while not at.server._house.connections:
            await asyncio.sleep(0)
        (connection,) = at.server._house.connections
        assert isinstance(connection, RtmpConnection)
        connection.hold("house")
        assert await peer.end() == b""
        assert rejected("handshake_timeout") == before + 1


async def test_strangers_with_big_messages_are_refused_and_keep_nothing() -> None:
    """Each begins a message of 8 MiB without a key; an encoder beside them is whole, with small chunks at that."""
    before = rejected("message_too_large")
    begun = bytes.fromhex("04 000000 7fffff 09 01000000") + bytes(128)
    async with stage() as at, AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(at.peer(HELLO, CONNECT, begun)) for _ in range(60)]
        await asyncio.gather(*(peer.end() for peer in peers))
        assert rejected("message_too_large") == before + 60
        assert at.server._house.pending_bytes == 0
        async with at.publisher() as peer:
            picture = message(9, b"\x17\x01\x00\x00\x00" + bytes(300_000))
            peer.writer.write(AVC_HEADER + picture + command("FCUnpublish", 5.0, None, "x"))
            await peer.reader.readuntil(b"NetStream.Unpublish.Success")
        assert len(at.desk.publications[0].frames) == 1
        await at.emptied()
        assert at.server._house.pending_bytes == 0


async def test_unfinished_messages_are_bounded_over_all_connections() -> None:
    before = rejected("pending_bytes")
    async with stage(RtmpLimits(linger_s=0.2, pending_bytes=100_000)) as at:
        at.desk.keys.add("sk_other")
        other = command("publish", 3.0, None, "sk_other", stream=1)
        async with at.publisher() as first, at.peer(HELLO, CONNECT, CREATE, other) as second:
            await second.reader.readuntil(b"NetStream.Publish.Start")
            half = message(9, bytes(90_000))[:70_000]
            for peer in (first, second):
                peer.writer.write(half)
            ends = [asyncio.create_task(peer.end()) for peer in (first, second)]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            assert rejected("pending_bytes") == before + 1
        await asyncio.wait(ends)
        await at.emptied()
        assert at.server._house.pending_bytes == 0


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (message(9, b"\x17\x00\x00\x00\x00\x02garbage"), "bad_media"),
        (bytes.fromhex("04 000000 ffffff 09 01000000"), "message_too_large"),
        (b"", "idle_timeout"),
    ],
)
async def test_the_broadcaster_finds_out_why_a_publisher_was_cut_off(wrong: bytes, reason: str) -> None:
    async with stage(RtmpLimits(linger_s=0.1, idle_s=0.3)) as at, at.publisher() as peer:
        peer.writer.write(wrong)
        await peer.end()
        (publication,) = at.desk.publications
        assert [code for code, _ in publication.remarks] == [reason]
        assert publication.closed == [reason]


async def test_a_peer_that_reads_nothing_is_cut_off() -> None:
    """Few questions at a time, so that it is no flood."""
    before = rejected("slow_reader")
    questions = command("whatever", 8.0) * 90
    limits = RtmpLimits(linger_s=0.2, unsent_bytes=1024, cpu_share=10, read_bytes=4096)
    loop = asyncio.get_running_loop()
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.setblocking(False)  # noqa: FBT003 - the standard library's signature

        async def flood() -> None:
            while True:
                await loop.sock_sendall(peer, questions)

        async with stage(limits) as at:
            await loop.sock_connect(peer, at.server.address)
            await loop.sock_sendall(peer, HELLO + CONNECT + CREATE + PUBLISH)
            await at.desk.opened.wait()
            with pytest.raises(ConnectionError):
                await flood()
            await at.emptied()
        assert [code for code, _ in at.desk.publications[0].remarks] == ["slow_reader"]
    assert rejected("slow_reader") == before + 1


@contextlib.contextmanager
def no_faults() -> Iterator[None]:
    """Nothing reaches the loop, and nothing is logged that went wrong."""
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    with capture_logs() as logs:
        yield
    assert faults == []
    assert [entry for entry in logs if entry["log_level"] in {"error", "warning"}] == []


async def resettable(at: Stage, said: bytes, last_word: bytes) -> socket.socket:
    """A peer that has said this and heard the answer, with a socket that resets the line when it is closed."""
    loop = asyncio.get_running_loop()
    peer = socket.create_connection(at.server.address)
    peer.setblocking(False)  # noqa: FBT003 - the standard library's signature
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await loop.sock_sendall(peer, said)
    answer = b""
    while last_word not in answer if last_word else len(answer) < len(HELLO):
        answer += await loop.sock_recv(peer, 65_536)
    return peer


async def test_a_peer_that_has_reset_the_line_is_sent_home_without_a_fault() -> None:
    """Nothing is left to say to it, and nobody has read yet that it is gone, when the server stops."""
    async with stage() as at:
        with no_faults():
            (await resettable(at, HELLO, b"")).close()
            await at.server.close(0)
            await at.emptied()


@pytest.mark.parametrize("read", [False, True], ids=["before", "after"])
async def test_a_farewell_to_a_publisher_that_is_gone_is_heard_by_nobody(read: bool) -> None:  # noqa: FBT001 - a parameter
    """Whether or not the server has read that it is gone."""
    async with stage() as at:
        with no_faults():
            peer = await resettable(at, HELLO + CONNECT + CREATE + PUBLISH, b"NetStream.Publish.Start")
            (publication,), (connection,) = at.desk.publications, at.server._house.connections
            peer.close()
            if read:
                await at.emptied()
            publication.farewell.set_result(Farewell("disconnected", "The broadcast was ended."))
            connection.dismiss("draining", "The server is shutting down.")
            await at.emptied()
            connection.dismiss("draining", "The server is shutting down.")
            connection.abort()
            await asyncio.sleep(2 * QUICK.linger_s)
        assert len(publication.closed) == 1


async def test_a_pipeline_that_fails_at_the_end_keeps_no_place() -> None:
    async with stage() as at:
        with capture_logs() as logs:
            async with at.publisher():
                at.desk.publications[0].faulty = True
            await at.emptied()
        assert "ingest_failed" in [entry["event"] for entry in logs]
        assert at.server._house._addresses["127.0.0.1"].connections == 0


async def test_keys_are_in_no_log() -> None:
    with capture_logs() as logs:
        async with stage() as at:
            async with at.peer(HELLO, CONNECT, CREATE, command("publish", 3.0, None, "sk_wrong", stream=1)) as peer:
                await peer.end()
            async with at.publisher() as peer:
                peer.writer.write(message(9, b"\x17"))
                await peer.end()
    assert logs
    assert "sk_" not in repr(logs)


@pytest.mark.parametrize("name", VECTORS)
async def test_recorded_publishers(name: str) -> None:
    async with stage() as at:
        at.desk.keys.add("sk_vector")
        async with at.peer(VECTORS[name]) as peer:
            await peer.reader.readuntil(b"NetStream.Unpublish.Success")
        (publication,) = at.desk.publications
        assert publication.closed == ["unpublished"]
        assert len(publication.frames) >= 10
