"""The gate in front of Quart, in plain ASGI: a name for each request, a bound on its body, one line in the log.

Quart reads bodies without back-pressure and its limit does not hold for chunked ones, so the whole body (JSON, small)
is taken in here before Quart hears of the request, and no further than its bound in size and time.
Large uploads go through a gate that leaves the body where it is (`whole`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

import structlog

from origin.errors import Problem
from origin.observe import metrics
from origin.web import problems
from origin.web.connections import body_awaited

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

MAX_BODY_BYTES: Final = 64 * 1024
"""The largest JSON that the API takes is below 2 KiB; the rest is room for what clients put around it."""
BODY_TIMEOUT_S: Final = 20.0
"""For 64 KiB: 26 kbit/s. Whoever is slower holds a connection for its own sake."""
MAX_PICTURE_BYTES: Final = 4 << 20
"""Of a slate, the one thing larger than JSON that comes this way (see `transcoder.slate.limits`)."""
PICTURE_TIMEOUT_S: Final = 60.0
"""For 4 MiB: 560 kbit/s."""
MOST_PICTURES: Final = 8
"""Taken in at a time, 32 MiB in all: nobody has shown a key yet."""
MAX_HEADER_BYTES: Final = 32 * 1024
"""Two lines of Hypercorn's largest; tokens and cookies are below 1 KiB."""
# Printable, short, and nothing that a log viewer or a shell would read as more than a name.
_SANE_ID: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_SOON: Final = (("Retry-After", "2"),)
_PICTURES: Final = re.compile(r"/v1/streams/[^/]+/slate")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked for each few seconds by machines: they would fill the log with nothing.
_ROUTINE: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_log = structlog.get_logger(__name__)


class _Gone(Exception):  # noqa: N818 - no error of ours
    """The client left before its request was whole."""


@dataclass(slots=True)
class _Answer:
    """What is known of the answer so far, for the log."""

    status: int = 0
    size: int = 0
    started: float = field(default_factory=perf_counter)


def request_id(headers: list[tuple[bytes, bytes]], random: Callable[[int], bytes]) -> str:
    """The client's `X-Request-Id` if it is a sane one, else a new one."""
    given = next((value for name, value in headers if name == b"x-request-id"), b"")
    return given.decode() if _SANE_ID.fullmatch(given) else random(12).hex()


class Guard:
    """Wraps an ASGI application. Everything that is not HTTP passes untouched."""

    def __init__(self, app: App, random: Callable[[int], bytes], *, whole: bool = True) -> None:
        self._app = app
        self._random = random
        self._whole = whole
        """Whether the body is taken in here; else the application bounds it."""
        self._pictures = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = scope[problems.REQUEST_ID] = request_id(scope["headers"], self._random)
        answer = _Answer()
        with structlog.contextvars.bound_contextvars(request_id=name):
            try:
                await self._serve(scope, receive, _noting(send, answer, name))
            except _Gone:
                metrics.http_refused.labels("disconnected").inc()
            finally:
                _note(scope, answer)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            check_head(scope["headers"])
            if self._whole:
                receive = _replaying(await self._body(scope, receive), receive)
        except Problem as problem:
            await refuse(problem, scope[problems.REQUEST_ID], send)
        else:
            await self._app(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        if scope["method"] != "PUT" or not _PICTURES.fullmatch(scope["path"]):
            return await _whole_body(scope, receive, MAX_BODY_BYTES, BODY_TIMEOUT_S)
        if self._pictures >= MOST_PICTURES:
            raise Problem("too_many_waiting", "Many pictures are being sent; try again in a moment.", _SOON)
        self._pictures += 1
        try:
            return await _whole_body(scope, receive, MAX_PICTURE_BYTES, PICTURE_TIMEOUT_S)
        finally:
            self._pictures -= 1


def check_head(headers: list[tuple[bytes, bytes]]) -> None:
    """Raise `bad_request` for a head that no request of any kind may have."""
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        raise Problem("bad_request", f"Send less than {MAX_HEADER_BYTES} bytes of headers.")
    names = {name for name, _ in headers}
    # RFC 9112 6.3 item 3: a message with both "ought to be handled as an error" (request smuggling).
    if b"content-length" in names and b"transfer-encoding" in names:
        raise Problem("bad_request", "Send either Content-Length or Transfer-Encoding, not both.")


def _check_length(headers: list[tuple[bytes, bytes]], most: int) -> None:
    lengths = [value for name, value in headers if name == b"content-length"]
    if lengths and (not lengths[0].isdigit() or int(lengths[0][:20]) > most):
        raise _too_large(most)


async def _whole_body(scope: Scope, receive: Receive, most: int, time_s: float) -> bytes:
    _check_length(scope["headers"], most)
    body = bytearray()
    try:
        async with asyncio.timeout(time_s):
            with body_awaited():
                while await _more(receive, body):
                    if len(body) > most:
                        raise _too_large(most)
    except TimeoutError:
        raise Problem("request_timeout", f"Send the whole body within {time_s:.0f} s.") from None
    if len(body) > most:
        raise _too_large(most)
    return bytes(body)


async def _more(receive: Receive, body: bytearray) -> bool:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _Gone
    body += message.get("body", b"")
    return bool(message.get("more_body", False))


def _too_large(most: int) -> Problem:
    return Problem("body_too_large", f"Send at most {most} bytes here.")


def _replaying(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body in one piece, then what the server says next (that the client left)."""
    pending = [body]

    async def replay() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replay


def _noting(send: Send, answer: _Answer, name: str) -> Send:
    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            message = {**message, "headers": [*message["headers"], (b"x-request-id", name.encode())]}
        elif message["type"] == "http.response.body":
            answer.size += len(message.get("body", b""))
        await send(message)

    return note


async def refuse(problem: Problem, name: str, send: Send, extra: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Answer before the request was read: the connection cannot be used again (RFC 9112 9.3)."""
    metrics.http_refused.labels(problem.code).inc()
    body = problems.document(problem, name)
    headers = [
        (b"content-type", problems.CONTENT_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *((key.lower().encode(), value.encode()) for key, value in problem.headers),
        *extra,
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _note(scope: Scope, answer: _Answer) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    metrics.http_requests.labels(method, str(answer.status)).inc()
    milliseconds = round((perf_counter() - answer.started) * 1000, 1)
    log = _log.debug if scope["path"] in _ROUTINE else _log.info
    log("request", method=method, path=scope["path"][:512], status=answer.status, bytes=answer.size, ms=milliseconds)
