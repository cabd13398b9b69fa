"""The few ASGI types and answers that the fast path needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from typing import Any, TypeVar

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
Header = tuple[bytes, bytes]

T = TypeVar("T")


class ClientGoneError(Exception):
    """The client left before its answer was ready."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of a request header; `name` in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def header_list(scope: Scope, name: bytes) -> bytes:
    """All values of a header that is a list, in one line (RFC 9110, 5.3); empty if it is not there."""
    return b", ".join([value for key, value in scope["headers"] if key == name])


async def respond(send: Send, status: int, headers: Iterable[Header], body: bytes = b"") -> None:
    """A whole answer at once. `headers` carry the Content-Length, which differs from the body's for HEAD."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def unless_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, but no longer than the client stays: Hypercorn's `send` never tells that it has gone.

    Raises:
        ClientGoneError: `work` was cancelled because the client left.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientGoneError
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
