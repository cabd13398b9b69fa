"""HTTPS from the first byte: who says nothing is counted as well, and makes room."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from origin.observe import metrics
from origin.web import tls as tls_module
from origin.web.connections import HttpLimits, request_watched
from origin.web.listener import HttpListener
from tests.support.certificates import server_tls, trusting_tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    with request_watched():
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"xx"})


@asynccontextmanager
async def listening(folder: Path, **limits: Any) -> AsyncIterator[tuple[HttpListener, tuple[str, int]]]:
    listener = HttpListener(HttpLimits(**limits))
    address = await listener.bind("127.0.0.1", 0, await server_tls(folder))
    await listener.serve(app)
    try:
        yield listener, address
    finally:
        async with asyncio.timeout(5):
            await listener.close(0.0)


async def asked(address: tuple[str, int]) -> bytes:
    reader, writer = await asyncio.open_connection(*address, ssl=trusting_tls())
    writer.write(GET)
    said = await reader.readuntil(b"xx")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return said


def refused(reason: str) -> float:
    return float(metrics.http_refused.labels(reason)._value.get())


async def silent(address: tuple[str, int]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"\x16\x03\x01\x02\x00")
    return reader, writer


async def test_a_client_is_answered(tmp_path: Path) -> None:
    async with listening(tmp_path) as (_, address):
        for _ in range(3):
            assert (await asked(address)).startswith(b"HTTP/1.1 200")


async def test_who_never_finishes_its_hello_has_its_time_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_module, "HANDSHAKE_S", 0.1)
    before = refused("tls_handshake")
    async with listening(tmp_path) as (listener, address):
        reader, writer = await silent(address)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        async with asyncio.timeout(5):
            while listener._connections:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        assert refused("tls_handshake") == before + 1
        assert (await asked(address)).startswith(b"HTTP/1.1 200")


async def test_silent_ones_are_counted_and_make_room(tmp_path: Path) -> None:
    before, failed = refused("displaced"), refused("tls_handshake")
    async with listening(tmp_path, connections=4, connections_per_address=8) as (listener, address):
        held = [await silent(address) for _ in range(4)]
        async with asyncio.timeout(5):
            while len(listener._connections) < 4:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        assert (await asked(address)).startswith(b"HTTP/1.1 200")
        assert refused("displaced") == before + 1
        async with asyncio.timeout(5):
            while len(listener._connections) > 3:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        assert refused("tls_handshake") == failed, "it is counted once"
        for _, writer in held:
            writer.close()


async def test_one_address_has_its_bound(tmp_path: Path) -> None:
    before = refused("connections")
    async with listening(tmp_path, connections_per_address=2) as (listener, address):
        held = [await silent(address) for _ in range(2)]
        async with asyncio.timeout(5):
            while len(listener._connections) < 2:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        with pytest.raises(OSError):  # noqa: PT011 - reset or closed, as TLS sees it
            await asked(address)
        assert refused("connections") == before + 1
        for _, writer in held:
            writer.close()
