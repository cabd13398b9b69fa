from __future__ import annotations

import asyncio
import time

from bench.relay import relay


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read())
    writer.write_eof()
    writer.close()


async def test_everything_arrives_a_round_trip_later_and_the_end_as_well() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    body = bytes(range(256)) * 4096
    async with server, relay("127.0.0.1", server.sockets[0].getsockname()[1], 0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        begun = time.monotonic()
        writer.write(body)
        writer.write_eof()
        assert await reader.read() == body
        assert time.monotonic() - begun >= 0.2  # no sooner; how much later is the machine's affair
        writer.close()


async def test_connections_that_are_open_when_it_ends_are_dropped() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        async with relay("127.0.0.1", server.sockets[0].getsockname()[1], 0.0) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
