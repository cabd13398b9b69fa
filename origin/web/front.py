"""The application that the listener serves: media goes the fast path, everything else to Quart."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from origin.errors import Problem
from origin.observe import metrics
from origin.web.asgi import respond
from origin.web.connections import request_watched
from origin.web.files import is_ours as is_file
from origin.web.guard import check_head, refuse, request_id
from origin.web.media_headers import ANY_ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.web.asgi import App, Receive, Scope, Send


class Front:
    """Routes by the beginning of the path."""

    def __init__(
        self,
        api: App,
        playback: App,
        *,
        files: App | None = None,
        downloads: App | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._api = api
        self._playback = playback
        self._files = files or api
        self._downloads = downloads or api
        self._now = now or (lambda: datetime.now(UTC))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Lifespan events are not served, and web sockets are told so."""
        if scope["type"] != "http":
            await _decline(scope, send)
            return
        path: bytes = scope["raw_path"]
        with request_watched():
            if path.startswith(b"/play/"):
                if await _sound(scope, send):
                    await self._playback(scope, receive, send)
            elif path.startswith(b"/dl/"):
                if await _sound(scope, send):
                    await self._downloads(scope, receive, send)
            elif is_file(path):
                await self._files(scope, receive, send)
            elif path == b"/time":
                if await _sound(scope, send):
                    await self._time(scope, send)
            else:  # its own gate looks at the head, and puts the refusal in the log
                await self._api(scope, receive, send)

    async def _time(self, scope: Scope, send: Send) -> None:
        """The server's clock for players (DASH UTCTiming `http-xsdate`), in milliseconds."""
        body = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
        headers = (
            (b"content-type", b"text/plain"),
            (b"cache-control", b"no-store"),
            (b"content-length", b"%d" % len(body)),
            *ANY_ORIGIN,
        )
        await respond(send, 200, headers, b"" if scope["method"] == "HEAD" else body)


async def _sound(scope: Scope, send: Send) -> bool:
    """Whether the head may be acted upon; if not, the request has been answered."""
    try:
        check_head(scope["headers"])
        _check_bodiless(scope["headers"])
    except Problem as problem:
        name = request_id(scope["headers"], os.urandom)
        await refuse(problem, name, send, ((b"x-request-id", name.encode()), *ANY_ORIGIN))
        return False
    return True


def _check_bodiless(headers: list[tuple[bytes, bytes]]) -> None:
    """Nothing here reads a body (RFC 9110 9.3.1 lets a server refuse one with GET, and close the connection)."""
    if any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0")) for name, value in headers
    ):
        raise Problem("bad_request", "Send no body here.")


async def _decline(scope: Scope, send: Send) -> None:
    """Closed before it was accepted, a web socket is answered with 403 (ASGI, "Close - send event")."""
    if scope["type"] == "websocket":
        metrics.http_refused.labels("websocket").inc()
        await send({"type": "websocket.close"})
