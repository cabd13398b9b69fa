"""The listener: who may connect, and how it closes. Real encoders are in test_rtmp_publishers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from origin.ingest import INGESTS
from origin.ingest.rtmp import RtmpLimits, RtmpServer, serve_rtmp
from origin.live.farewell import Farewell
from origin.observe.metrics import REGISTRY
from tests.support.desk import RecordingDesk
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def serving(desk: RecordingDesk, limits: RtmpLimits | None = None) -> AsyncIterator[RtmpServer]:
    server = await serve_rtmp(desk, "127.0.0.1", 0, limits=limits)
    yield server
    await server.close(0)


def rejected(reason: str) -> float:
    return REGISTRY.get_sample_value("headwater_ingest_rejected_total", {"protocol": "rtmp", "reason": reason}) or 0.0


def test_the_table_lists_both_schemes() -> None:
    assert set(INGESTS) == {"rtmp", "rtmps"}


async def test_connections_from_one_address_are_bounded() -> None:
    before = rejected("too_many_from_address")
    async with serving(RecordingDesk(), RtmpLimits(connections_per_address=1)) as server:
        first, second = [await asyncio.open_connection(*server.address) for _ in range(2)]
        assert await second[0].read() == b""
        assert rejected("too_many_from_address") == before + 1
        first[1].close()
        await server._house.empty.wait()
        third = await asyncio.open_connection(*server.address)
        third[1].write(HELLO)
        assert len(await third[0].readexactly(len(HELLO))) == len(HELLO)
        third[1].close()
        second[1].close()
    assert [place.connections for place in server._house._addresses.values()] == [0]


async def test_closing_sends_home_who_does_not_publish_and_waits_for_who_does() -> None:
    desk = RecordingDesk("sk_right")
    server = await serve_rtmp(desk, "127.0.0.1", 0, limits=RtmpLimits(linger_s=0.1))
    idle = await asyncio.open_connection(*server.address)
    publisher = await asyncio.open_connection(*server.address)
    publisher[1].write(HELLO + CONNECT + CREATE + PUBLISH)
    await desk.opened.wait()
    await publisher[0].readuntil(b"NetStream.Publish.Start")
    closing = asyncio.create_task(server.close(60))
    assert await idle[0].read() == b""
    assert not closing.done()
    desk.publications[0].farewell.set_result(Farewell("draining", "The server is shutting down."))
    assert b"The server is shutting down." in await publisher[0].read()
    await closing
    assert desk.publications[0].closed == ["draining"]
    for _, writer in (idle, publisher):
        writer.close()


async def test_closing_without_grace_cuts_publishers_off() -> None:
    desk = RecordingDesk("sk_right")
    server = await serve_rtmp(desk, "127.0.0.1", 0, limits=RtmpLimits(linger_s=0.1))
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(HELLO + CONNECT + CREATE + PUBLISH)
    await reader.readuntil(b"NetStream.Publish.Start")
    await server.close(0)
    assert b"The server is shutting down." in await reader.read()
    assert desk.publications[0].closed == ["draining"]
    writer.close()


async def test_the_address_is_free_again() -> None:
    server = await serve_rtmp(RecordingDesk(), "127.0.0.1", 0)
    host, port = server.address
    with pytest.raises(OSError, match="in use"):
        await serve_rtmp(RecordingDesk(), host, port)
    await server.close(0)
    again = await serve_rtmp(RecordingDesk(), host, port)
    await again.close(0)
