"""The RTMP and RTMPS listener: who may connect, and how all of them are sent home.

One `RtmpConnection` (in `rtmp_connection`) a publisher; they share this file's `House`, and nothing else. With TLS, a
`Doorstep` (in `doorstep`) comes before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from origin.crowd import Crowd
from origin.ingest.doorstep import Doorstep, TlsListener
from origin.ingest.limits import RtmpLimits
from origin.ingest.rtmp_connection import RtmpConnection
from origin.ingest.strangers import Strangers
from origin.observe import metrics
from origin.sockets import listening
from origin.wire.rtmp.handshake import SEED_SIZE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine
    from socket import socket

    from origin.ingest.desk import Desk

__all__ = ["RtmpLimits", "RtmpServer", "serve_rtmp"]

_BACKLOG: Final = 128
"""Connections waiting for accept: all encoders of a site coming back at once after a restart."""


@dataclass
class _Address:
    """One that connections come from. Outlives the last of them until its allowance is whole again."""

    strangers: Strangers
    connections: int = 0


@dataclass
class House:
    """What the connections of one listener share."""

    desk: Desk
    protocol: str
    limits: RtmpLimits
    buffer: memoryview = field(init=False)
    connections: set[RtmpConnection | Doorstep] = field(default_factory=set)
    publishers: set[RtmpConnection | Doorstep] = field(default_factory=set)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    pending_bytes: int = 0
    """Of unfinished messages, over all connections."""
    _crowd: Crowd[RtmpConnection | Doorstep] = field(default_factory=Crowd)
    """All that do not publish, but for those that are on their way out already."""
    _addresses: dict[str, _Address] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.buffer = memoryview(bytearray(self.limits.read_bytes))
        self.bytes_read = metrics.ingest_bytes.labels(self.protocol)
        self._open = metrics.ingest_connections.labels(self.protocol)
        self._strangers = self._group("house", self.limits.strangers_cpu_share)
        self.empty.set()

    def _group(self, name: str, share: float) -> Strangers:
        return Strangers(name, share, self.limits.cpu_burst_s, time.perf_counter())

    def strangers(self, address: str) -> tuple[Strangers, Strangers]:
        """The groups that a connection from there belongs to while it does not publish."""
        return self._addresses[address].strangers, self._strangers

    def admit(self, connection: RtmpConnection | Doorstep, address: str) -> str:
        """Count a connection in as a stranger. Gives the reason for which it must not stay, or ""."""
        self.connections.add(connection)
        place = self._addresses.get(address)
        if place is None:
            place = self._addresses[address] = _Address(self._group("address", self.limits.address_cpu_share))
        place.connections += 1
        self._open.set(len(self.connections))
        self.empty.clear()
        if place.connections > self.limits.connections_per_address:
            return "too_many_from_address"
        self._make_room(address)
        self._crowd.join(connection, address)
        return ""

    def progress(self, connection: RtmpConnection | Doorstep) -> None:
        """This stranger has got on, and gives way after those that have not."""
        self._crowd.progress(connection)

    @property
    def full(self) -> bool:
        """Whether there are as many publishers as there may be."""
        return len(self.publishers) >= self.limits.publishers

    def publishes(self, connection: RtmpConnection) -> None:
        """It is no stranger any more, and keeps its place."""
        self._crowd.leave(connection)
        self.publishers.add(connection)

    def publishes_no_more(self, connection: RtmpConnection, address: str) -> None:
        """It is a stranger again, if only until it has read why it must go; nothing at all where it is dismissed."""
        if connection in self.publishers:
            self.publishers.discard(connection)
            self._make_room(address)
            self._crowd.join(connection, address, moving=True)

    def _make_room(self, address: str) -> None:
        if len(self._crowd) < self.limits.strangers:
            return
        displaced = self._crowd.next_to_go(address)
        if displaced is not None:
            self._crowd.leave(displaced)
            displaced.give_way()

    def dismissed(self, connection: RtmpConnection | Doorstep, address: str) -> None:
        """Count a connection out."""
        self.connections.discard(connection)
        self.publishers.discard(connection)
        self._crowd.leave(connection)
        place = self._addresses[address]
        place.connections -= 1
        if not place.connections:
            asyncio.get_running_loop().call_later(self.limits.cpu_burst_s, self._forget, address)
        self._open.set(len(self.connections))
        if not self.connections:
            self.empty.set()

    def _forget(self, address: str) -> None:
        place = self._addresses.get(address)
        if place is None or place.connections:
            return
        if place.strangers.held:
            asyncio.get_running_loop().call_later(self.limits.cpu_burst_s, self._forget, address)
        else:
            del self._addresses[address]

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run a question to the desk, or a handshake, beside the connection that it is for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class RtmpServer:
    """A listener at work."""

    def __init__(self, house: House, server: asyncio.Server | TlsListener) -> None:
        self._house = house
        self._server = server

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens; the port is the true one where 0 was asked for."""
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    async def close(self, grace_s: float) -> None:
        """Accept nobody any more, send home who does not publish, give publishers `grace_s`, then close all the same.

        The desk says farewell to those on the air; here is only the deadline for it.
        """
        self._server.close()
        self._part(everybody=False)
        await self._emptied(grace_s)
        self._part(everybody=True)
        await self._emptied(self._house.limits.linger_s)
        for connection in tuple(self._house.connections):
            connection.abort()
        await self._house.empty.wait()

    def _part(self, *, everybody: bool) -> None:
        for connection in tuple(self._house.connections):
            if everybody or not connection.publishing:
                connection.dismiss("draining", "The server is shutting down.")

    async def _emptied(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._house.empty.wait(), seconds)


async def serve_rtmp(  # noqa: PLR0913 - where, and how
    desk: Desk,
    host: str,
    port: int,
    *,
    limits: RtmpLimits | None = None,
    tls: ssl.SSLContext | None = None,
    open_already: socket | None = None,
) -> RtmpServer:
    """Listen for publishers, on a socket that is `open_already` if there is one; with `tls`, for RTMPS on our own.

    Raises OSError where that address cannot be had.
    """
    limits = limits or RtmpLimits()
    house = House(desk, "rtmps" if tls else "rtmp", limits)
    if tls:
        return RtmpServer(house, TlsListener(house, tls, await listening(host, port, _BACKLOG)))
    server = await asyncio.get_running_loop().create_server(
        lambda: RtmpConnection(house, secrets.token_bytes(SEED_SIZE)),
        **({"sock": open_already} if open_already else {"host": host, "port": port}),
        backlog=_BACKLOG,
    )
    return RtmpServer(house, server)
