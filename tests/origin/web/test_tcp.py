from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from origin.web.connections import HttpLimits, request_watched
from origin.web.listener import HttpListener
from origin.web.tcp import Inbox
from tests.support.http2 import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
ENDLESS = GET[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"1000\r\n" + b"a" * 4096 + b"\r\n"
ONE = {"connections_per_address": 1}


class App:
    """Reads no body; answers when `release` is set."""

    def __init__(self, *, held: bool = False) -> None:
        self.entered = asyncio.Event()
        self.release = asyncio.Event()
        if not held:
            self.release.set()

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        with request_watched():
            self.entered.set()
            await self.release.wait()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"xx"})


@asynccontextmanager
async def _listening(app: Any, **limits: Any) -> AsyncIterator[tuple[HttpListener, tuple[str, int]]]:
    listener = HttpListener(HttpLimits(**limits, idle_s=3600, header_s=3600))
    address = await listener.bind("127.0.0.1", 0)
    await listener.serve(app)
    try:
        yield listener, address
    finally:
        await listener.close(0.0)


async def _answered(address: tuple[str, int]) -> None:
    """Ask until there is a place, and close."""
    async with asyncio.timeout(10):
        while not await _asked(address):
            pass


async def _asked(address: tuple[str, int]) -> bool:
    try:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(GET)
        said = await reader.readuntil(b"xx")
    except (ConnectionError, asyncio.IncompleteReadError):
        return False
    writer.close()
    return said.startswith(b"HTTP/1.1 200")


async def test_a_client_that_closes_gives_its_place_back() -> None:
    async with _listening(App(), **ONE) as (_, address):
        for _ in range(5):
            await _answered(address)


class Long:
    """Answers with more than the socket's buffers hold."""

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        with request_watched():
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"20000000")]})
            await send({"type": "http.response.body", "body": b"x" * 20_000_000})


async def test_so_does_one_that_has_asked_for_more_than_it_reads() -> None:
    async with _listening(Long(), **ONE) as (listener, address):
        for _ in range(5):
            reader, writer = await asyncio.open_connection(*address, limit=1)
            writer.write(GET * 2_000)
            await reader.readexactly(1)
            writer.transport.abort()
            async with asyncio.timeout(10):
                while listener._connections:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            await listener.close(60.0)


async def test_one_that_leaves_early_is_no_fault_of_the_server() -> None:
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
    async with _listening(App(), **ONE) as (listener, address):
        for leave in ("close", "abort"):
            _, writer = await asyncio.open_connection(*address)
            writer.write(GET * 200)
            await asyncio.sleep(0)
            getattr(writer.transport, leave)()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            async with asyncio.timeout(10):
                while listener._connections:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.01)
    assert faults == []


async def test_so_does_one_that_resets() -> None:
    async with _listening(App(), **ONE) as (_, address):
        with socket.create_connection(address) as near:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await _answered(address)


async def test_so_does_one_that_goes_while_it_is_answered() -> None:
    app = App(held=True)
    async with _listening(app, **ONE) as (_, address):
        _, writer = await asyncio.open_connection(*address)
        writer.write(GET)
        await app.entered.wait()
        writer.close()
        await writer.wait_closed()
        app.release.set()
        await _answered(address)


async def test_so_does_one_that_speaks_http2() -> None:
    async with _listening(App(), **ONE) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        await Client(reader, writer).answered()
        writer.close()
        await _answered(address)


@pytest.mark.parametrize("request_", [GET, GET + GET])
async def test_who_closes_only_its_half_gets_its_answers(request_: bytes) -> None:
    app = App(held=True)
    async with _listening(app) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(request_)
        writer.write_eof()
        await app.entered.wait()
        app.release.set()
        async with asyncio.timeout(10):
            assert (await reader.read()).count(b"\r\n\r\nxx") == request_.count(GET)
        writer.close()


async def test_a_body_that_nobody_reads_holds_up_neither_answer_nor_end() -> None:
    app = App(held=True)
    async with _listening(app, **ONE) as (listener, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(ENDLESS + CHUNK * 100)
        await writer.drain()
        await app.entered.wait()
        app.release.set()
        async with asyncio.timeout(10):
            assert await reader.readuntil(b"xx")
            await listener.close(3600)
        writer.close()


async def test_an_inbox_is_bounded_and_keeps_the_order() -> None:
    inbox = Inbox(2)
    for body in (b"0", b"1"):
        await inbox.put(_piece(body))
    third = asyncio.create_task(inbox.put(_piece(b"2")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not third.done()
    assert [await inbox.get() for _ in range(2)] == [_piece(b"0"), _piece(b"1")]
    await third
    await inbox.put({"type": "http.disconnect"})
    assert await inbox.get() == _piece(b"2")
    for _ in range(2):
        assert await inbox.get() == {"type": "http.disconnect"}


async def test_the_end_needs_no_room_and_makes_room_for_all() -> None:
    inbox = Inbox(1)
    await inbox.put(_piece(b"0"))
    waiting = asyncio.create_task(inbox.put(_piece(b"1")))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await inbox.put({"type": "http.disconnect"})
        await waiting
        await inbox.put(_piece(b"2"))
    assert await inbox.get() == _piece(b"0")
    assert await inbox.get() == {"type": "http.disconnect"}


def _piece(body: bytes) -> Any:
    return {"type": "http.request", "body": body, "more_body": True}
