"""Ends that come when the other side is gone already, or when something of ours fails: nothing stays behind."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from origin.live.farewell import Farewell
from tests.origin.ingest.stage import QUICK, Stage, stage
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def no_faults() -> Iterator[None]:
    """Nothing reaches the loop, and nothing is logged that went wrong."""
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    with capture_logs() as logs:
        yield
    assert faults == []
    assert [entry for entry in logs if entry["log_level"] in {"error", "warning"}] == []


async def resettable(at: Stage, said: bytes, last_word: bytes) -> socket.socket:
    """A peer that has said this and heard the answer, with a socket that resets the line when it is closed."""
    loop = asyncio.get_running_loop()
    peer = socket.create_connection(at.server.address)
    peer.setblocking(False)  # noqa: FBT003 - the standard library's signature
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await loop.sock_sendall(peer, said)
    answer = b""
    while last_word not in answer if last_word else len(answer) < len(HELLO):
        answer += await loop.sock_recv(peer, 65_536)
    return peer


async def test_a_peer_that_has_reset_the_line_is_sent_home_without_a_fault() -> None:
    """Nothing is left to say to it, and nobody has read yet that it is gone, when the server stops."""
    async with stage() as at:
        with no_faults():
            (await resettable(at, HELLO, b"")).close()
            await at.server.close(0)
            await at.emptied()


@pytest.mark.parametrize("read", [False, True], ids=["before", "after"])
async def test_a_farewell_to_a_publisher_that_is_gone_is_heard_by_nobody(read: bool) -> None:  # noqa: FBT001 - a parameter
    """Whether or not the server has read that it is gone."""
    async with stage() as at:
        with no_faults():
            peer = await resettable(at, HELLO + CONNECT + CREATE + PUBLISH, b"NetStream.Publish.Start")
            (publication,), (connection,) = at.desk.publications, at.server._house.connections
            peer.close()
            if read:
                await at.emptied()
            publication.farewell.set_result(Farewell("disconnected", "The broadcast was ended."))
            connection.dismiss("draining", "The server is shutting down.")
            await at.emptied()
            connection.dismiss("draining", "The server is shutting down.")
            connection.abort()
            await asyncio.sleep(2 * QUICK.linger_s)
        assert len(publication.closed) == 1


async def test_a_pipeline_that_fails_at_the_end_keeps_no_place() -> None:
    async with stage() as at:
        with capture_logs() as logs:
            async with at.publisher():
                at.desk.publications[0].faulty = True
            await at.emptied()
        assert "ingest_failed" in [entry["event"] for entry in logs]
        assert at.server._house._addresses["127.0.0.1"].connections == 0
