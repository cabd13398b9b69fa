"""Sockets that listen, for whoever accepts connections by itself."""

from __future__ import annotations

import asyncio
import contextlib
import socket


async def listening(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Listen on every address of `host`, without blocking. Raises OSError where one cannot be had."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    with contextlib.ExitStack() as opened:
        sockets: list[socket.socket] = []
        for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
            sock = opened.enter_context(socket.create_server(address[:2], family=family, backlog=backlog))
            sock.settimeout(0)
            sockets.append(sock)
        opened.pop_all()
    return sockets
