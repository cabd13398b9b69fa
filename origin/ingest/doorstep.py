"""Where an RTMPS connection stands until TLS is agreed on: counted like any other, and given the time of a handshake.

Left to `create_server(ssl=…)`, the loop shakes hands before it tells anybody of the connection: no count and no limit
would know of peers that connect and say nothing. So connections are accepted here, counted, and then given to the loop
for TLS. (`start_tls` would be simpler, but uvloop may read the peer's hello before it can be called.)
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from typing import TYPE_CHECKING, Final

import structlog

from origin.ingest.rtmp_connection import RtmpConnection
from origin.observe import metrics
from origin.wire.rtmp.handshake import SEED_SIZE

if TYPE_CHECKING:
    import ssl

    from origin.ingest.rtmp import House

_log = structlog.get_logger(__name__)

_ACCEPTED_AT_ONCE: Final = 16
"""Before other work gets its turn: as many sockets, counted or refused, take well below a millisecond."""
_REST_S: Final = 1.0
"""When there are no more files to be had: as asyncio's own servers do."""


class TlsListener:
    """What `asyncio.Server` is to plain connections."""

    def __init__(self, house: House, tls: ssl.SSLContext, sockets: list[socket.socket]) -> None:
        self._house = house
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self.sockets = sockets
        for sock in sockets:
            self._listen(sock)

    def close(self) -> None:
        """Accept nobody any more."""
        sockets, self.sockets = self.sockets, []
        for sock in sockets:
            self._loop.remove_reader(sock)
            sock.close()

    def _listen(self, listening: socket.socket) -> None:
        if listening in self.sockets:
            self._loop.add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as fault:
                _log.warning("accept_failed", protocol=self._house.protocol, fault=str(fault))
                self._loop.remove_reader(listening)
                self._loop.call_later(_REST_S, self._listen, listening)
                return
            sock.settimeout(0)
            Doorstep(self._house, sock, str(address[0])).begin(self._tls)


class Doorstep:
    """One TLS handshake. Its place in the house becomes the publisher's, or free."""

    publishing = False

    def __init__(self, house: House, sock: socket.socket, peer: str) -> None:
        self.house = house
        self._socket = sock
        self._peer = peer
        self._counted = False
        self._parted = False

    def begin(self, tls: ssl.SSLContext) -> None:
        """Count the newcomer in and shake hands, or show it the door."""
        refusal = self.house.admit(self, self._peer)
        self._counted = True
        if refusal:
            self._count(refusal, "")
            self._socket.close()
            self.leave()
        else:
            self.house.spawn(self._shake_hands(tls))

    def leave(self) -> None:
        """Give the place back, once."""
        if self._counted:
            self._counted = False
            self.house.dismissed(self, self._peer)

    def dismiss(self, code: str, sentence: str) -> None:
        """Hang up: before TLS there is no way to say why."""
        self._count(code, sentence)
        self.abort()

    def give_way(self) -> None:
        """Hang up, for somebody else needs the place."""
        self.dismiss("displaced", "")

    def abort(self) -> None:
        """Hang up. The place is free when the handshake has noticed."""
        self._parted = True
        with contextlib.suppress(OSError):  # the peer was faster
            self._socket.shutdown(socket.SHUT_RDWR)

    async def _shake_hands(self, tls: ssl.SSLContext) -> None:
        guest = _Guest(self)
        seconds = self.house.limits.handshake_s
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: guest, self._socket, ssl=tls, ssl_handshake_timeout=seconds
            )
        except OSError as fault:  # ssl.SSLError is one, and so are a reset and a deadline that has passed
            if not self._parted:
                self._count("tls_handshake", str(fault))
        finally:
            self.leave()

    def _count(self, reason: str, sentence: str) -> None:
        metrics.ingest_rejected.labels(self.house.protocol, reason).inc()
        _log.info("publisher_parted", protocol=self.house.protocol, peer=self._peer, reason=reason, sentence=sentence)


class _Guest(RtmpConnection):
    """A connection that comes in when TLS is agreed on, and takes the place that was kept for it."""

    def __init__(self, step: Doorstep) -> None:
        super().__init__(step.house, secrets.token_bytes(SEED_SIZE))
        self._step = step

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._step.leave()
        super().connection_made(transport)
        self._house.progress(self)
