"""The HTTP listener: Hypercorn's connection handler on a socket of ours, one process.

Hypercorn's own supervisor kills sibling workers on SIGTERM and hides a worker's death, so it is not used; its
`TCPServer`, which speaks HTTP/1.1 and HTTP/2 on one connection, is. Around it: limits, deadlines and a drain that
lets held requests finish.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, cast

import hypercorn.protocol
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.utils import wrap_app

from origin.sockets import listening
from origin.web.connections import Doorkeeper, Guard, HttpLimits, WatchedReader, current_guard
from origin.web.http2 import Http2
from origin.web.tcp import Connection
from origin.web.tls import TlsServer, shake_hands

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from socket import socket

    from hypercorn.typing import AppWrapper, ASGIFramework

    from origin.web.asgi import App

MAX_BODY_BYTES: Final = 0
"""For WSGI only, which there is none of."""
REQUESTS_A_CONNECTION: Final = 1_000_000
"""HTTP/2 streams are lost when Hypercorn closes a connection at its limit of requests: a limit nobody meets."""

hypercorn.protocol.H2Protocol = Http2  # type: ignore[attr-defined]  # `TCPServer` makes its protocol by itself, by this name


def _config(limits: HttpLimits) -> Config:
    config = Config()
    config.include_server_header = False
    config.keep_alive_timeout = limits.idle_s
    config.keep_alive_max_requests = REQUESTS_A_CONNECTION
    config.accesslog = None  # our own, without tokens
    config.errorlog = None
    config.read_timeout = None  # would cut held requests; guards watch instead
    return config


class HttpListener:
    """One socket: bound first, so that its address is known, and served when there is an application."""

    def __init__(self, limits: HttpLimits | None = None) -> None:
        self._limits = limits or HttpLimits()
        self._config = _config(self._limits)
        self._app: AppWrapper
        self._context = WorkerContext(None)
        self._doorkeeper = Doorkeeper(self._limits)
        self._connections: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | TlsServer | None = None
        self._tls: ssl.SSLContext | None = None

    async def bind(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, open_already: socket | None = None
    ) -> tuple[str, int]:
        """Take the address, and give it back with the port that the system chose if `port` was 0.

        A socket that is `open_already` has one, and is taken instead.

        Raises:
            OSError: the address cannot be bound.
        """
        self._tls, backlog = tls, self._limits.backlog
        if tls:
            sockets = [open_already] if open_already else await listening(host, port, backlog)
            self._server = TlsServer(sockets, self._welcome)
        else:
            where = {"sock": open_already} if open_already else {"host": host, "port": port}
            self._server = await asyncio.start_server(self._serve, **where, backlog=backlog, start_serving=False)
        address = self._server.sockets[0].getsockname()
        return address[0], address[1]

    async def serve(self, app: App) -> None:
        """Begin to answer with `app`. `bind` comes before."""
        self._app = wrap_app(cast("ASGIFramework", app), MAX_BODY_BYTES, "asgi")
        if self._server:
            await self._server.start_serving()

    async def close(self, grace_s: float) -> None:
        """Take no more connections, let requests finish for at most `grace_s`, then cut what is left."""
        if self._server is None:
            return
        self._server.close()
        await self._context.terminated.set()
        if self._connections:
            await asyncio.wait(self._connections, timeout=grace_s)
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername") or ("?",)
        with self._counted(peer[0]) as admitted:
            if admitted:
                await self._speak_to(reader, writer)
            else:
                writer.transport.abort()

    async def _welcome(self, sock: socket, peer: str) -> None:
        """As `_serve`, for a connection that is to speak TLS."""
        with self._counted(peer) as admitted:
            if not admitted or self._tls is None:
                sock.close()
                return
            with contextlib.suppress(asyncio.CancelledError):
                spoken = await shake_hands(sock, self._tls)
                if spoken:
                    await self._speak_to(*spoken)

    async def _speak_to(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._speak(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()

    @contextlib.contextmanager
    def _counted(self, peer: str) -> Iterator[bool]:
        """The running task is a connection's; whether it may stay."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._connections.add(task)
        try:
            with self._doorkeeper.admitted(peer) as admitted:
                yield admitted
        finally:
            self._connections.discard(task)

    async def _speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guard = Guard(writer.transport, self._limits)
        current_guard.set(guard)
        loop = asyncio.get_running_loop()
        watched = cast("asyncio.StreamReader", WatchedReader(reader, guard))
        try:
            with contextlib.suppress(ConnectionError):
                await Connection(self._app, loop, self._config, self._context, {}, watched, writer)
        finally:
            guard.release()
