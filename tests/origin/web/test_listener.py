from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from h2.connection import H2Connection
from h2.events import PingAckReceived, StreamEnded

from origin.observe import metrics
from origin.web.connections import HttpLimits, request_watched
from origin.web.listener import HttpListener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LARGE = 64 * 1024 * 1024
GET = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


class Held:
    """An application whose `/held` waits for `release`, and whose `/large` sends more than socket buffers take."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.entered = asyncio.Event()
        self.finished = asyncio.Event()

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        with request_watched():
            if scope["path"] == "/held":
                self.entered.set()
                await self.release.wait()
            body = b"x" * (LARGE if scope["path"] == "/large" else 2)
            length = (b"content-length", b"%d" % len(body))
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            await send({"type": "http.response.body", "body": body})
            self.finished.set()


@asynccontextmanager
async def listening(app: Any, **limits: Any) -> AsyncIterator[tuple[HttpListener, tuple[str, int]]]:
    listener = HttpListener(HttpLimits(**limits, look_s=0.05))
    address = await listener.bind("127.0.0.1", 0)
    await listener.serve(app)
    try:
        yield listener, address
    finally:
        await listener.close(0.0)


async def test_answers_and_keeps_the_connection() -> None:
    async with listening(Held()) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(3):
            writer.write(GET % b"/")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert b"server:" not in head.lower()
            assert await reader.readexactly(2) == b"xx"
        writer.close()


async def test_headers_that_never_end_are_cut_off() -> None:
    async with listening(Held(), header_s=0.2) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        async with asyncio.timeout(10):
            assert await _rest(reader) == b""
        writer.close()


async def test_a_connection_that_only_dribbles_between_requests_is_cut_off() -> None:
    async with listening(Held(), header_s=0.1, idle_s=0.1) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(GET % b"/" + b"GET /")
        async with asyncio.timeout(10):
            assert (await _rest(reader)).endswith(b"xx")
        writer.close()


async def test_the_next_head_has_its_time_from_its_first_byte() -> None:
    async with listening(Held(), header_s=0.2, idle_s=3600) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(GET % b"/")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(2) == b"xx"
        writer.write(b"G")
        async with asyncio.timeout(10):
            assert await _rest(reader) == b""
        writer.close()


@pytest.mark.parametrize("before", [b"", GET % b"/"])
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01 nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_counted(before: bytes, garbage: bytes) -> None:
    counted = _refused("bad_request")
    async with listening(Held()) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        if before:
            writer.write(before)
            await reader.readuntil(b"xx")
        writer.write(garbage)
        async with asyncio.timeout(10):
            assert (await _rest(reader)).startswith(b"HTTP/1.1 400")
        writer.close()
    assert _refused("bad_request") == counted + 1


async def test_requests_that_are_served_are_not() -> None:
    counted = _refused("bad_request")
    async with listening(Held()) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(3):
            writer.write(GET % b"/")
            await reader.readuntil(b"xx")
        writer.close()
    assert _refused("bad_request") == counted


async def test_frames_between_http2_requests_begin_no_head() -> None:
    async with listening(Held(), header_s=0.1, idle_s=3600) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        client = H2Connection()
        client.initiate_connection()
        headers = [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "x")]
        client.send_headers(1, headers, end_stream=True)
        writer.write(client.data_to_send())
        await _until(StreamEnded, client, reader)
        for _ in range(10):
            client.ping(bytes(8))
            writer.write(client.data_to_send())
            await _until(PingAckReceived, client, reader)
            await asyncio.sleep(0.05)  # a look of the guard's: nothing tells of a cut that does not come
        writer.close()


async def test_a_reader_that_stalls_is_cut_off() -> None:
    app = Held()
    async with listening(app, stall_s=0.2) as (_, address):
        reader, writer = await asyncio.open_connection(*address, limit=1024)
        writer.write(GET % b"/large")
        await reader.readexactly(100)
        async with asyncio.timeout(20):
            await app.finished.wait()
        writer.close()


async def test_connections_are_bounded_in_all_and_by_address() -> None:
    for limits in ({"connections": 2}, {"connections_per_address": 2}):
        app = Held()
        async with listening(app, **limits) as (_, address):
            held = [await asyncio.open_connection(*address) for _ in range(2)]
            for _, writer in held:
                app.entered.clear()
                writer.write(GET % b"/held")
                await app.entered.wait()
            reader, writer = await asyncio.open_connection(*address)
            async with asyncio.timeout(10):
                assert await _rest(reader) == b""
            app.release.set()
            assert (await held[0][0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            for _, open_writer in (*held, (reader, writer)):
                open_writer.close()


async def test_closing_lets_held_requests_finish() -> None:
    app = Held()
    async with listening(app) as (listener, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(GET % b"/held")
        await app.entered.wait()
        closing = asyncio.create_task(listener.close(10.0))
        await asyncio.sleep(0)
        app.release.set()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await closing
        writer.close()


async def _until(event: type[object], client: H2Connection, reader: asyncio.StreamReader) -> None:
    """Read until the server has sent what makes `event`."""
    async with asyncio.timeout(10):
        while True:
            data = await reader.read(65_536)
            assert data, "the server has cut the connection"
            if any(isinstance(one, event) for one in client.receive_data(data)):
                return


def _refused(reason: str) -> float:
    return metrics.REGISTRY.get_sample_value("headwater_http_refused_total", {"reason": reason}) or 0.0


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """Everything until the server closes, cleanly or by a reset."""
    received = bytearray()
    try:
        while chunk := await reader.read(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return bytes(received)
