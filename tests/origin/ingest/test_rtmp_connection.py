"""Bad peers: each gets a clear end and a metric, leaves nothing behind, and disturbs nobody."""

from __future__ import annotations

import asyncio
import socket

import pytest
from structlog.testing import capture_logs

from origin.ingest.rtmp import RtmpLimits, serve_rtmp
from origin.wire.rtmp.chunk import ChunkLimits
from tests.origin.ingest.stage import AVC_HEADER, KEY, PICTURE_TAG, QUICK, Stage, counted, stage
from tests.origin.ingest.test_rtmp import rejected
from tests.support.desk import RecordedPublication, RecordingDesk
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH, VECTORS, command, message


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
