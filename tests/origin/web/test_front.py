from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from origin.observe import metrics
from origin.web.front import Front


async def _ask(
    front: Front, path: str, method: str = "GET", headers: list[tuple[bytes, bytes]] | None = None
) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    scope = {"type": "http", "method": method, "raw_path": path.encode(), "headers": headers or []}
    await front(scope, receive, send)
    return sent


def _named(name: bytes) -> Any:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": name.decode()})

    return app


async def test_routes_by_the_beginning_of_the_path() -> None:
    front = Front(api=_named(b"api"), playback=_named(b"playback"))
    assert [(await _ask(front, path))[0]["type"] for path in ("/play/a/b/c", "/playground", "/v1/streams", "/")] == [
        "playback",
        "api",
        "api",
        "api",
    ]


async def test_time_is_the_clock_in_xs_date_form() -> None:
    front = Front(_named(b"api"), _named(b"playback"), now=lambda: datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC))
    start, body = await _ask(front, "/time")
    assert body["body"] == b"2026-01-02T03:04:05.678Z"
    assert (b"access-control-allow-origin", b"*") in start["headers"]
    _, body = await _ask(front, "/time", "HEAD")
    assert body["body"] == b""


BOTH = [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize("path", ["/play/a/b/c", "/time"])
@pytest.mark.parametrize("headers", [BOTH, BOTH[::-1], [(b"x-h", b"y" * 1000)] * 40])
async def test_a_head_that_smuggles_or_overflows_is_refused_everywhere(
    path: str, headers: list[tuple[bytes, bytes]]
) -> None:
    before = _refused("bad_request")
    start, body = await _ask(Front(_named(b"api"), _named(b"playback")), path, headers=headers)
    said, given = json.loads(body["body"]), dict(start["headers"])
    assert (start["status"], said["code"]) == (400, "bad_request")
    assert (given[b"connection"], given[b"x-request-id"].decode()) == (b"close", said["request_id"])
    assert _refused("bad_request") == before + 1


@pytest.mark.parametrize("path", ["/play/a/b/c", "/time"])
@pytest.mark.parametrize("header", [(b"transfer-encoding", b"chunked"), (b"content-length", b"10")])
async def test_where_no_body_is_read_none_is_taken(path: str, header: tuple[bytes, bytes]) -> None:
    start, body = await _ask(Front(_named(b"api"), _named(b"playback")), path, headers=[header])
    assert (start["status"], json.loads(body["body"])["code"]) == (400, "bad_request")
    assert (b"connection", b"close") in start["headers"]


async def test_an_empty_body_is_none() -> None:
    (sent,) = await _ask(Front(_named(b"api"), _named(b"playback")), "/play/a/b/c", headers=[(b"content-length", b"0")])
    assert sent["type"] == "playback"


async def test_web_sockets_are_declined_and_lifespans_ignored() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    before = _refused("websocket")
    for kind in ("lifespan", "websocket"):
        await Front(_named(b"api"), _named(b"playback"))({"type": kind, "raw_path": b"/play/a/b/c"}, receive, send)
    assert sent == [{"type": "websocket.close"}]
    assert _refused("websocket") == before + 1


def _refused(reason: str) -> float:
    return metrics.REGISTRY.get_sample_value("headwater_http_refused_total", {"reason": reason}) or 0.0
