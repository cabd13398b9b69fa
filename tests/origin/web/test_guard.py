from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from origin.web import guard
from origin.web.guard import MAX_BODY_BYTES, Guard

if TYPE_CHECKING:
    from collections.abc import Sequence


class Exchange:
    """One request given to a guarded application that answers with what it read."""

    def __init__(self, chunks: Sequence[bytes], headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self.incoming: list[dict[str, Any]] = [
            {"type": "http.request", "body": chunk, "more_body": i < len(chunks) - 1} for i, chunk in enumerate(chunks)
        ] + [{"type": "http.disconnect"}]
        self.scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/x", "headers": list(headers)}
        self.reached = False
        self.sent: list[Any] = []

    async def run(self) -> Exchange:
        await Guard(self.app, os.urandom)(self.scope, self.receive, self.send)
        return self

    async def receive(self) -> dict[str, Any]:
        return self.incoming.pop(0)

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def app(self, _scope: Any, receive: Any, send: Any) -> None:
        self.reached = True
        message = await receive()
        assert not message["more_body"]
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": message["body"]})

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


@pytest.mark.parametrize("chunks", [[b""], [b"abc"], [b"a", b"", b"bc"], [b"x" * MAX_BODY_BYTES]])
async def test_bodies_within_the_bound_arrive_whole(chunks: list[bytes]) -> None:
    exchange = await Exchange(chunks).run()
    assert (exchange.status, exchange.body) == (200, b"".join(chunks))


@pytest.mark.parametrize("chunks", [[b"x" * (MAX_BODY_BYTES + 1)], [b"x" * 1000] * 1000])
async def test_chunked_bodies_beyond_it_are_refused_unread(chunks: list[bytes]) -> None:
    exchange = await Exchange(chunks).run()
    assert exchange.status == 413
    assert not exchange.reached
    assert json.loads(exchange.body)["code"] == "body_too_large"
    assert exchange.headers[b"connection"] == b"close"
    assert len(chunks) - len(exchange.incoming) < 70


@pytest.mark.parametrize("length", [b"65537", b"9" * 5000, b"-1", b"x", b""])
async def test_a_declared_length_beyond_it_is_refused_before_reading(length: bytes) -> None:
    exchange = await Exchange([b"x"], [(b"content-length", length)]).run()
    assert exchange.status == 413
    assert len(exchange.incoming) == 2


async def test_length_with_transfer_encoding_is_refused() -> None:
    headers = [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")]
    exchange = await Exchange([b"x"], headers).run()
    assert (exchange.status, json.loads(exchange.body)["code"]) == (400, "bad_request")


async def test_too_many_headers_are_refused() -> None:
    exchange = await Exchange([b""], [(b"x-h", b"y" * 1000)] * 40).run()
    assert exchange.status == 400


async def test_a_slow_body_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_TIMEOUT_S", 0.01)
    exchange = Exchange([b"x", b"y"])
    exchange.receive = asyncio.Event().wait  # type: ignore[method-assign, assignment]  # it says nothing for ever
    await exchange.run()
    assert exchange.status == 408


async def test_a_client_that_leaves_halfway_reaches_nobody() -> None:
    exchange = Exchange([b"a", b"b"])
    exchange.incoming[1] = {"type": "http.disconnect"}
    await exchange.run()
    assert not exchange.sent
    assert not exchange.reached


@pytest.mark.parametrize(("given", "kept"), [(b"abc-1.2_X", True), (b"a b", False), (b"", False), (b"x" * 65, False)])
async def test_request_ids_are_kept_if_sane(given: bytes, *, kept: bool) -> None:
    exchange = await Exchange([b""], [(b"x-request-id", given)]).run()
    name = exchange.headers[b"x-request-id"]
    assert (name == given) is kept
    assert len(name) >= 9


SLATE = "/v1/streams/st_a/slate"


@pytest.mark.parametrize(("method", "path"), [("POST", SLATE), ("PUT", "/v1/streams/st_a"), ("PUT", f"{SLATE}/x")])
async def test_only_a_picture_may_be_larger(method: str, path: str) -> None:
    body = [b"x" * MAX_BODY_BYTES] * 4
    picture = Exchange(body)
    picture.scope |= {"method": "PUT", "path": SLATE}
    assert (await picture.run()).body == b"".join(body)
    other = Exchange(body)
    other.scope |= {"method": method, "path": path}
    assert (await other.run()).status == 413


async def test_pictures_come_in_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_PICTURES", 1)
    slow, late = Exchange([b"x"]), Exchange([b"x"])
    for exchange in (slow, late):
        exchange.scope |= {"method": "PUT", "path": SLATE}
    gate, come = Guard(slow.app, os.urandom), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await come.wait()
        return await slow.receive()

    first = asyncio.create_task(gate(slow.scope, receive, slow.send))
    await asyncio.sleep(0)
    await gate(late.scope, late.receive, late.send)
    assert (late.status, json.loads(late.body)["code"]) == (503, "too_many_waiting")
    assert late.headers[b"retry-after"] == b"2"
    come.set()
    await first
    assert slow.status == 200
