from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, cast

import pytest
import uvloop

from origin.observe import metrics
from origin.web.connections import Doorkeeper, Guard, HttpLimits, request_watched, untaken
from origin.web.guard import Guard as Gate
from origin.web.listener import HttpListener

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from origin.web.asgi import App
    from origin.web.guard import Message, Receive, Scope, Send

QUICK = HttpLimits(stall_s=0.2, look_s=0.01, header_s=3600)


class Pipe:
    """A transport whose peer takes `step` bytes between two looks."""

    def __init__(self, unsent: int, step: int) -> None:
        self.unsent, self.step, self.looks = unsent, step, 0
        self.aborted = asyncio.Event()
        self.empty = asyncio.Event()

    def get_write_buffer_size(self) -> int:
        self.unsent = max(0, self.unsent - self.step)
        if not self.unsent:
            self.empty.set()
        return self.unsent

    def get_extra_info(self, _: str) -> None:
        return None

    def abort(self) -> None:
        self.aborted.set()


def _refused(reason: str) -> float:
    return metrics.REGISTRY.get_sample_value("headwater_http_refused_total", {"reason": reason}) or 0.0


def test_the_doorkeeper_counts_in_and_out() -> None:
    door = Doorkeeper(HttpLimits(connections=3, connections_per_address=2))
    with door.admitted("a") as first, door.admitted("a") as second, door.admitted("b") as third:
        assert (first, second, third) == (True, True, True)
        with door.admitted("a") as by_address, door.admitted("c") as in_all:
            assert (by_address, in_all) == (False, False)
    with door.admitted("a") as again, door.admitted("c") as other:
        assert (again, other) == (True, True)


@contextmanager
def connection(door: Doorkeeper, address: str) -> Iterator[tuple[Pipe, Guard]]:
    pipe = Pipe(0, 0)
    with door.admitted(address) as admitted:
        assert admitted
        guard = Guard(cast("asyncio.WriteTransport", pipe), QUICK)
        try:
            yield pipe, guard
        finally:
            guard.release()


async def test_where_all_places_are_taken_the_oldest_idle_one_of_the_fullest_address_is_given_away() -> None:
    before, refused = _refused("displaced"), _refused("connections")
    door = Doorkeeper(HttpLimits(connections=4, connections_per_address=3))
    with ExitStack() as stack:
        (alone, _), (busy, asked), (first, its_guard), (second, _) = (
            stack.enter_context(connection(door, address)) for address in "baaa"
        )
        asked.request_begins()
        with connection(door, "c"):
            gone = [pipe.aborted.is_set() for pipe in (alone, busy, first, second)]
            assert gone == [False, False, True, False]
            its_guard.request_begins()  # what it had sent before it was hung up on
            its_guard.request_ends()
            asked.request_ends()
            with connection(door, "d"):
                assert second.aborted.is_set()
                assert not busy.aborted.is_set()
        assert (_refused("displaced"), _refused("connections")) == (before + 2, refused)
    assert (dict(door._by_address), len(door._crowd)) == ({}, 0)


async def test_who_has_a_request_under_way_keeps_its_place_and_the_newcomer_is_refused() -> None:
    before = _refused("connections")
    door = Doorkeeper(HttpLimits(connections=1))
    with connection(door, "a") as (pipe, guard):
        guard.request_begins()
        guard.request_begins()
        guard.request_ends()
        with door.admitted("b") as admitted:
            assert not admitted
        assert _refused("connections") == before + 1
        guard.request_ends()
        with door.admitted("b") as admitted:
            assert admitted
        assert pipe.aborted.is_set()


async def test_who_has_sent_half_of_a_request_gives_way() -> None:
    before = _refused("displaced")
    half = asyncio.Event()

    async def answer(_scope: object, _receive: object, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gate = Gate(answer, bytes)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell() -> Message:
            message = await receive()
            half.set()
            return message

        with request_watched():
            await gate(scope, tell, send)

    listener = HttpListener(HttpLimits(connections=1))
    address = await listener.bind("127.0.0.1", 0)
    await listener.serve(cast("App", app))
    slow, its_writer = await asyncio.open_connection(*address)
    its_writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1")
    await half.wait()
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123456789")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
    with suppress(ConnectionError):
        assert await slow.read() == b""
    assert _refused("displaced") == before + 1
    its_writer.close()
    writer.close()
    await listener.close(0.0)


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["silent", "kept open"])
async def test_a_few_addresses_shut_no_viewer_out(said: bytes) -> None:
    """Each has as many idle connections as it may, and whoever is put out comes back at once."""
    before = _refused("displaced")

    async def app(_scope: object, _receive: object, send: Callable[[object], Awaitable[None]]) -> None:
        with request_watched():
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async def stubborn(source: str) -> None:
        while True:
            reader, writer = await asyncio.open_connection(*address, local_addr=(source, 0))
            with closing(writer), suppress(ConnectionError):
                writer.write(said)
                while await reader.read(1 << 16):
                    pass

    listener = HttpListener(HttpLimits(connections=20, connections_per_address=12))
    address = await listener.bind("127.0.0.1", 0)
    await listener.serve(cast("App", app))
    crowd = [asyncio.create_task(stubborn(f"127.0.9.{number % 2 + 1}")) for number in range(24)]
    while len(listener._doorkeeper._crowd) < 20:  # noqa: ASYNC110 - the doorkeeper tells nobody of newcomers
        await asyncio.sleep(0)
    for _ in range(20):
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()
    assert _refused("displaced") >= before + 20
    for task in crowd:
        task.cancel()
    await asyncio.wait(crowd)
    await listener.close(0.0)


@pytest.mark.parametrize("step", [0, 1, 100])
async def test_a_reader_that_takes_next_to_nothing_is_cut_off(step: int) -> None:
    before = _refused("reader_stalled")
    pipe = Pipe(1 << 20, step)
    Guard(cast("asyncio.WriteTransport", pipe), QUICK)
    async with asyncio.timeout(10):
        await pipe.aborted.wait()
    assert pipe.unsent > 0
    assert _refused("reader_stalled") == before + 1


@pytest.mark.parametrize(("unsent", "step"), [(1 << 20, 16 * 1024), (20, 1)])
async def test_a_slow_reader_that_gets_on_is_kept(unsent: int, step: int) -> None:
    pipe = Pipe(unsent, step)
    guard = Guard(cast("asyncio.WriteTransport", pipe), HttpLimits(stall_s=5.0, look_s=0.01, header_s=3600))
    async with asyncio.timeout(10):
        await pipe.empty.wait()
    assert not pipe.aborted.is_set()
    guard.release()


class Windows:
    """A client of HTTP/2 for which there is always more, and which lets us send `step` bytes between two looks."""

    def __init__(self, step: int, *, shut: bool = True) -> None:
        self.sent = 0
        self.looks = 0
        self.enough = asyncio.Event()
        self._step = step
        self._shut = shut

    def keeps(self) -> bool:
        self.sent += self._step
        self.looks += 1
        if self.looks > 20:
            self.enough.set()
        return self._shut


@pytest.mark.parametrize("step", [0, 1])
async def test_a_client_that_keeps_its_windows_shut_is_cut_off(step: int) -> None:
    before = _refused("reader_stalled")
    pipe = Pipe(0, 0)
    Guard(cast("asyncio.WriteTransport", pipe), QUICK).watch(Windows(step))
    async with asyncio.timeout(10):
        await pipe.aborted.wait()
    assert _refused("reader_stalled") == before + 1


@pytest.mark.parametrize(("step", "shut"), [(16 * 1024, True), (0, False)])
async def test_a_client_that_opens_its_windows_is_kept(step: int, shut: bool) -> None:  # noqa: FBT001 - a parameter
    windows, pipe = Windows(step, shut=shut), Pipe(0, 0)
    guard = Guard(cast("asyncio.WriteTransport", pipe), HttpLimits(stall_s=0.0, look_s=0.01, header_s=3600))
    guard.watch(windows)
    async with asyncio.timeout(10):
        await windows.enough.wait()
    assert not pipe.aborted.is_set()
    guard.release()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_what_a_reader_takes_out_of_the_kernels_queue_is_seen(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_read_a_little())


async def _read_a_little() -> None:
    """The queue is large and the reader's window small, so our buffer stays as it is while the reader gets on."""
    arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    arrived = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *streams: arrived.set_result(streams), "127.0.0.1", 0)
    near, body = socket.socket(), bytes(16 << 20)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
    with near:
        near.connect(server.sockets[0].getsockname())
        reader, writer = await arrived
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        assert untaken(writer.transport) == 0
        writer.write(body)
        near.sendall(b"?")  # what comes back brings the acknowledgement of all that was taken before
        await reader.readexactly(1)
        waiting, before = writer.transport.get_write_buffer_size(), untaken(writer.transport)
        assert waiting < before <= len(body)
        taken = sum(len(near.recv(8 << 10)) for _ in range(16))
        near.sendall(b"?")
        await reader.readexactly(1)
        assert writer.transport.get_write_buffer_size() == waiting
        assert taken / 2 < before - untaken(writer.transport) <= taken + (64 << 10)
        writer.transport.abort()
        assert await reader.read() == b""
    assert untaken(writer.transport) == 0
    server.close()
