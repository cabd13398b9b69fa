from __future__ import annotations

import asyncio
from typing import Any

import pytest

from origin.web.asgi import ClientGoneError, header, unless_gone


def test_header_takes_the_first_value() -> None:
    scope = {"headers": [(b"range", b"bytes=0-1"), (b"range", b"bytes=2-3")]}
    assert header(scope, b"range") == b"bytes=0-1"
    assert header(scope, b"if-range") is None


async def test_work_ends_when_the_client_leaves() -> None:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    cancelled = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cancelled.set()

    waiting = asyncio.create_task(unless_gone(messages.get, work()))
    messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    messages.put_nowait({"type": "http.disconnect"})
    with pytest.raises(ClientGoneError):
        await waiting
    assert cancelled.is_set()


async def test_work_that_is_done_is_given_back() -> None:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def work() -> int:
        return 7

    assert await unless_gone(messages.get, work()) == 7


async def test_failures_come_through() -> None:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def work() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await unless_gone(messages.get, work())
