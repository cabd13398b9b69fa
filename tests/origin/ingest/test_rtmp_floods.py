"""What peers may take from the server, each and all together, so that no other notices."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from origin.ingest.rtmp import RtmpLimits
from origin.wire.rtmp.session import Session
from tests.origin.ingest.stage import AVC_HEADER, KEY, counted, stage
from tests.origin.ingest.test_rtmp import rejected
from tests.support.publishers import H264, PICTURE, ffmpeg
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, command, message

if TYPE_CHECKING:
    from origin.wire.rtmp.events import Event

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
        assert not (await at.only_connection())._holds


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
