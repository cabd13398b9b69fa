from __future__ import annotations

import asyncio
import socket

import pytest

from origin.sockets import listening


async def test_it_listens_on_the_address_and_never_blocks() -> None:
    (sock,) = await listening("127.0.0.1", 0, 5)
    with sock:
        assert sock.gettimeout() == 0
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        accepted, _ = await asyncio.get_running_loop().sock_accept(sock)
        accepted.sendall(b"x")
        accepted.close()
        assert await reader.read() == b"x"
        writer.close()
        await writer.wait_closed()


async def test_an_address_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        await listening("127.0.0.1", taken.getsockname()[1], 5)
