from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from origin.web.front import Front


async def _ask(front: Front, path: str, method: str = "GET") -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    await front({"type": "http", "method": method, "raw_path": path.encode(), "headers": []}, receive, send)
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
