"""HTTP/2 clients that mean ill, and those that only change their minds, on a real socket."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, RawData
from hypercorn.typing import ConnectionState
from hypercorn.utils import wrap_app
from hyperframe.frame import PingFrame, PriorityFrame, WindowUpdateFrame

from origin.observe import metrics
from origin.web import http2
from origin.web.connections import HttpLimits
from tests.support.http2 import Client, connected, serving


class App:
    """Holds each request for `/held` until its client goes, and answers others before it has read them."""

    def __init__(self) -> None:
        self.begun = 0
        self.gone = 0
        self.done = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun += 1
        if scope["path"] == "/held":
            while (await receive())["type"] != "http.disconnect":
                pass
            self.gone += 1
            return
        body = bytes(1_000_000) if scope["path"] == "/large" else b"xx"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})
        self.done.set()


def _refused(reason: str) -> float:
    return metrics.REGISTRY.get_sample_value("headwater_http_refused_total", {"reason": reason}) or 0.0


async def test_a_client_that_opens_no_window_is_cut_off() -> None:
    app, before = App(), _refused("reader_stalled")
    limits = HttpLimits(stall_s=0.3, look_s=0.05, header_s=3600)
    async with serving(app, limits) as address, connected(address) as client, asyncio.timeout(20):
        client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
        client.ask("/large")
        client.send()
        with suppress(ConnectionError):
            while await client.reader.read(65_536):
                pass
    assert _refused("reader_stalled") == before + 1


def _take_back(client: Client, stream_id: int) -> bytes:
    client.h2.reset_stream(stream_id)
    return b""


def _overflow(_client: Client, stream_id: int) -> bytes:
    """A window larger than there may be: it is the server who resets the stream (RFC 9113, 6.9.1)."""
    return WindowUpdateFrame(stream_id, window_increment=2**31 - 1).serialize()


@pytest.mark.parametrize("undo", [_take_back, _overflow])
async def test_requests_taken_back_by_the_thousand_end_the_connection(
    undo: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app, before = App(), _refused("http2_resets")
    async with serving(app) as address, connected(address) as client, connected(address) as other:
        flood = bytearray()
        for _ in range(2_000):
            stream_id = client.ask("/held")
            ending = undo(client, stream_id)
            flood += client.h2.data_to_send() + ending
        client.send(bytes(flood))
        assert (await client.until(ConnectionTerminated)).error_code == ErrorCodes.ENHANCE_YOUR_CALM
        await other.answered()
    assert app.begun <= http2.RESETS + 2
    assert app.gone == app.begun - 1
    assert _refused("http2_resets") == before + 1
    assert not caplog.records


async def test_a_player_that_changes_its_mind_is_served_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http2.Resets, "spend", lambda *_: True)
    app = App()
    async with serving(app) as address, connected(address) as client:
        for _ in range(150):  # ten at a time, for there may be no more than a hundred at once
            for stream_id in [client.ask("/held") for _ in range(10)]:
                client.h2.reset_stream(stream_id)
            await client.answered()
    assert app.gone == 1_500


async def test_an_answer_may_come_before_the_body_is_read() -> None:
    async with serving(App()) as address, connected(address) as client:
        stream_id = client.ask(end=False)
        client.send()
        await client.until(StreamEnded, stream_id)
        client.h2.send_data(stream_id, bytes(10_000), end_stream=True)
        await client.answered()


async def test_priorities_of_streams_that_are_not_there_are_nothing() -> None:
    async with serving(App()) as address, connected(address) as client:
        frames = [PriorityFrame(2 * n + 1_001, depends_on=0, stream_weight=1, exclusive=False) for n in range(2_000)]
        client.send(b"".join(frame.serialize() for frame in frames))
        await client.answered()


@pytest.mark.parametrize("path", ["/\u00e9", "/%ff", "*"])
async def test_odd_paths_cost_a_request_at_most(path: str, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(App()) as address, connected(address) as client:
        stream_id = client.ask(path)
        client.send()
        await client.until((StreamReset, StreamEnded), stream_id)
        await client.answered()
    assert not caplog.records


async def test_connect_without_a_path_is_no_request(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(App()) as address, connected(address) as client:
        stream_id = client.h2.get_next_available_stream_id()
        client.h2.send_headers(stream_id, [(":method", "CONNECT"), (":authority", "x:1")])
        client.send()
        await client.until((StreamReset, ConnectionTerminated))
    assert not caplog.records


async def test_an_answer_that_breaks_off_is_told_as_such() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the first half", "more_body": True})

    async with serving(app) as address, connected(address) as client:
        for _ in range(2):
            stream_id = client.ask()
            client.send()
            assert (await client.until(StreamReset, stream_id)).error_code == ErrorCodes.INTERNAL_ERROR


@pytest.mark.parametrize("leave", ["connection", "stream"])
async def test_a_client_that_leaves_halfway_leaves_nothing_behind(leave: str) -> None:
    app = App()
    async with serving(app) as address, connected(address) as client:
        stream_id = client.ask("/large")
        client.send()
        await client.until(DataReceived, stream_id)
        assert not app.done.is_set()
        if leave == "stream":
            client.h2.reset_stream(stream_id)
            client.send()
        else:
            client.writer.close()
        async with asyncio.timeout(20):
            await app.done.wait()


def test_a_budget_fills_up_again() -> None:
    budget = http2.Resets(at=100.0)
    assert [budget.spend(100.0) for _ in range(201)] == [True] * 200 + [False]
    assert not budget.spend(100.1)
    assert budget.spend(100.2)
    assert [budget.spend(1_000.0) for _ in range(201)] == [True] * 200 + [False]


async def test_others_have_their_turn_between_the_pieces_of_a_flood() -> None:
    sent: list[Any] = []
    turns = 0

    async def send(event: Any) -> None:
        sent.append(event)

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    client = H2Connection()
    client.initiate_connection()
    flood = client.data_to_send() + PingFrame(0, bytes(8)).serialize() * 3_000
    loop, context = asyncio.get_running_loop(), WorkerContext(None)
    beside = asyncio.create_task(others())
    async with TaskGroup(loop) as group:
        app = wrap_app(App(), 0, "asgi")
        made = http2.Http2(app, Config(), context, group, ConnectionState({}), False, None, None, send)  # noqa: FBT003 - Hypercorn's order
        await made.initiate()
        await made.handle(RawData(flood))
        await made.handle(Closed())
    beside.cancel()
    assert turns >= len(flood) // http2.PIECE_BYTES - 1
    assert sent
