from __future__ import annotations

import asyncio
from typing import Any

import pytest

from origin.web import bodies
from origin.web.asgi import ClientGoneError
from origin.web.bodies import Body


def body_of(*messages: dict[str, Any]) -> tuple[Body, list[dict[str, Any]]]:
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return Body(receive), left


def piece(content: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": more}


async def test_pieces_come_in_order_and_then_none() -> None:
    body, _ = body_of(piece(b"a"), piece(b""), piece(b"b", more=False))
    assert [await body.next() for _ in range(5)] == [b"a", b"", b"b", None, None]
    assert body.over


async def test_a_client_that_leaves_is_no_end() -> None:
    body, _ = body_of(piece(b"a"), {"type": "http.disconnect"})
    assert await body.next() == b"a"
    with pytest.raises(ClientGoneError):
        await body.next()
    assert body.over


async def test_empty_is_what_brings_no_byte() -> None:
    assert await body_of({"type": "http.request"})[0].is_empty()
    assert await body_of(piece(b""), piece(b"", more=False))[0].is_empty()
    body, left = body_of(piece(b""), piece(b"x"), piece(b"y"))
    assert not await body.is_empty()
    assert len(left) == 1


async def test_what_nobody_wants_is_read_within_bounds() -> None:
    body, left = body_of(piece(b"a"), piece(b"b", more=False))
    await body.drop()
    assert (left, body.over) == ([], True)
    large = bodies.DROPPED_BYTES // 2
    body, left = body_of(*[piece(bytes(large))] * 4)
    await body.drop()
    assert (len(left), body.over) == (2, False)
    body, _ = body_of({"type": "http.disconnect"})
    await body.drop()


async def test_a_client_that_sends_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "DROPPED_S", 0.01)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    await Body(receive).drop()
