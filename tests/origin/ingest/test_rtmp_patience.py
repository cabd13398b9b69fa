"""How long each stage of a connection may take."""

from __future__ import annotations

import asyncio

import pytest

from origin.ingest.rtmp import RtmpLimits
from origin.wire.rtmp import amf0
from tests.origin.ingest.stage import AVC_HEADER, stage
from tests.origin.ingest.test_rtmp import rejected
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH, command, message

TALK = {
    "commands": command("FCPublish", 9.0, None, "x"),
    "pings": message(4, b"\x00\x06ping", stream=0, chunks=2),
    "metadata": message(18, amf0.encode(["@setDataFrame", "onMetaData", {"width": 640.0}])),
    "headers": AVC_HEADER,
    "empty": message(8, b""),
}


@pytest.mark.parametrize(
    ("limits", "said", "reason"),
    [
        (RtmpLimits(handshake_s=0.1), [], "handshake_timeout"),
        (RtmpLimits(handshake_s=0.1), [HELLO[:2000]], "handshake_timeout"),
        (RtmpLimits(handshake_s=0.1, publish_s=0.1, linger_s=0.1), [HELLO, CONNECT, CREATE], "publish_timeout"),
        (RtmpLimits(idle_s=0.1, linger_s=0.1), [HELLO, CONNECT, CREATE, PUBLISH], "idle_timeout"),
    ],
)
async def test_silence_ends_with_a_reason(limits: RtmpLimits, said: list[bytes], reason: str) -> None:
    before = rejected(reason)
    async with stage(limits) as at, at.peer(*said) as peer:
        await peer.end()
        await at.emptied()
        assert rejected(reason) == before + 1


@pytest.mark.parametrize("talk", TALK)
async def test_a_publisher_that_only_talks_is_idle(talk: str) -> None:
    async with stage(RtmpLimits(idle_s=0.3, linger_s=0.1)) as at, at.publisher() as peer:

        async def go_on() -> None:
            while True:
                peer.writer.write(TALK[talk])
                await asyncio.sleep(0.02)

        talking = asyncio.create_task(go_on())
        assert b"No picture and no sound came for 0.3 s." in await peer.end()
        talking.cancel()
        (publication,) = at.desk.publications
        assert publication.closed == ["idle_timeout"]


async def test_dripping_does_not_prolong_the_handshake() -> None:
    async with stage(RtmpLimits(handshake_s=0.3)) as at, at.peer() as peer:

        async def drip() -> None:
            while True:
                peer.writer.write(b"\x03")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        await peer.end()
        dripping.cancel()
        await at.emptied()


async def test_a_peer_is_forgiven_for_being_held_but_not_for_ever() -> None:
    async with stage(RtmpLimits(handshake_s=0.5, linger_s=0.1)) as at, at.peer() as peer:
        connection = await at.only_connection()
        connection.hold("house")
        peer.writer.write(HELLO)
        await asyncio.sleep(1.0)
        connection.release("house")
        await peer.reader.readexactly(len(HELLO))
    before = rejected("handshake_timeout")
    async with stage(RtmpLimits(handshake_s=0.05)) as at, at.peer() as peer:
        connection = await at.only_connection()
        connection.hold("house")
        assert await peer.end() == b""
        assert rejected("handshake_timeout") == before + 1
