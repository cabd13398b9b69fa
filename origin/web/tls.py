"""HTTPS connections until TLS is agreed on: accepted here, so that they are counted from their first moment.

Left to `start_server(ssl=…)`, the loop shakes hands before it tells anybody of the connection: no count and no limit
would know of peers that connect and say nothing. (`start_tls` may lose the peer's hello: uvloop reads before it is
called.)
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, Final

import structlog

from origin.observe import metrics
from origin.web.connections import current_place

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine

HANDSHAKE_S: Final = 10.0
_REST_S: Final = 1.0
"""When there are no more files to be had: as asyncio's own servers do."""
_READ_AHEAD: Final = 1 << 16
"""Bytes that a connection may have in memory before it is read: as asyncio's own servers have it."""

_log = structlog.get_logger(__name__)


class TlsServer:
    """What `asyncio.Server` is to plain connections; each comes to `welcome` with its peer's address."""

    def __init__(
        self, sockets: list[socket.socket], welcome: Callable[[socket.socket, str], Coroutine[Any, Any, None]]
    ) -> None:
        self.sockets = sockets
        self._welcome = welcome
        self._accepting: list[asyncio.Task[None]] = []
        self._guests: set[asyncio.Task[None]] = set()

    async def start_serving(self) -> None:
        """Begin to accept."""
        self._accepting = [asyncio.create_task(self._accept(sock)) for sock in self.sockets]

    def close(self) -> None:
        """Accept nobody any more."""
        for task in self._accepting:
            task.cancel()
        for sock in self.sockets:
            sock.close()

    async def _accept(self, listens: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await loop.sock_accept(listens)
            except OSError as fault:
                _log.warning("accept_failed", protocol="https", fault=str(fault))
                await asyncio.sleep(_REST_S)
                continue
            task = asyncio.create_task(self._welcome(sock, str(address[0])))
            self._guests.add(task)
            task.add_done_callback(self._guests.discard)


class Doorstep:
    """Where a connection stands during its handshake."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.left = False

    def give_way(self) -> None:
        """Hang up, for somebody else needs the place."""
        self.left = True
        metrics.http_refused.labels("displaced").inc()
        with contextlib.suppress(OSError):  # the peer was faster
            self._socket.shutdown(socket.SHUT_RDWR)


async def shake_hands(
    sock: socket.socket, tls: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """Agree on TLS within `HANDSHAKE_S`; None if that fails, and then the connection is closed."""
    loop = asyncio.get_running_loop()
    place, step = current_place.get(), Doorstep(sock)
    if place:
        place.watched_by(step)
    reader = asyncio.StreamReader(_READ_AHEAD, loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    try:
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, sock, ssl=tls, ssl_handshake_timeout=HANDSHAKE_S
        )
    except OSError:  # ssl.SSLError is one, and so are a reset and a deadline that has passed
        if not step.left:
            metrics.http_refused.labels("tls_handshake").inc()
        return None
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
