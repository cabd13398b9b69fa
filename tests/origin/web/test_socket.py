"""The API behind a real Hypercorn, for what a test client cannot show: bytes that a socket brings."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import httpx
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config

from origin.web.guard import MAX_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.origin.web.house import House


@pytest.fixture
async def port(house: House) -> AsyncIterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.errorlog = None
    stop = asyncio.Event()
    server = asyncio.create_task(serve(house.app, config, shutdown_trigger=stop.wait))
    yield int(listener.getsockname()[1])
    stop.set()
    await server
    with contextlib.suppress(OSError):
        listener.close()


async def exchange(port: int, *chunks: bytes) -> bytes:
    """Send bytes, and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_an_endless_chunked_body_is_refused(house: House, port: int) -> None:
    head = f"POST /v1/streams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {house.key}\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    answer = await exchange(port, head.encode(), *[chunk] * (MAX_BODY_BYTES // 0x4000 + 2))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"body_too_large" in answer


async def test_a_length_and_an_encoding_together_are_refused(port: int) -> None:
    head = b"POST /v1/streams HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = await exchange(port, head)
    assert answer.startswith(b"HTTP/1.1 400")


async def test_httpx_talks_to_it(house: House, port: int) -> None:
    headers = {"Authorization": f"Bearer {house.key}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        made = await client.post("/v1/streams", json={"name": "Über"}, headers={"X-Request-Id": "mine-1"})
        assert (made.status_code, made.json()["name"], made.headers["x-request-id"]) == (201, "Über", "mine-1")
        assert (await client.head("/healthz")).status_code == 200
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        gone = await client.delete(f"/v1/streams/{made.json()['id']}")
        assert (gone.status_code, gone.content) == (204, b"")
