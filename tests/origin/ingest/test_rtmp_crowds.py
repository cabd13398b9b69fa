"""Strangers by the hundred, from a few addresses: they put out each other, and no encoder."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from origin.ingest.rtmp import RtmpLimits
from tests.origin.ingest.stage import AVC_HEADER, PICTURE_TAG, QUICK, Peer, Stage, stage
from tests.origin.ingest.test_rtmp import rejected
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH, command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.desk import RecordedPublication

CROWDED = RtmpLimits(strangers=40, connections_per_address=20, linger_s=0.2)
CROWD = [f"127.0.9.{number}" for number in range(1, 5)]
ALONE = RtmpLimits(publishers=1, linger_s=0.2)
OTHER = command("publish", 3.0, None, "sk_other", stream=1)


@asynccontextmanager
async def crowd(at: Stage, each: int, *said: bytes) -> AsyncIterator[None]:
    """As many from each address of `CROWD` at any time; whoever is put out comes back at once."""

    async def stubborn(address: str) -> None:
        while True:
            with suppress(ConnectionError):
                async with at.peer(*said, address=address) as peer:
                    await peer.end()

    tasks = [asyncio.create_task(stubborn(address)) for address in CROWD for _ in range(each)]
    house = at.server._house
    while len(house._crowd) < house.limits.strangers:  # noqa: ASYNC110 - the house tells nobody of newcomers
        await asyncio.sleep(0)
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def says(peer: Peer, said: bytes, last_word: bytes) -> None:
    peer.writer.write(said)
    await peer.reader.readuntil(last_word)


@pytest.mark.parametrize("said", [(), (HELLO, CONNECT)], ids=["silent", "greeted"])
async def test_a_few_addresses_shut_no_encoder_out(said: tuple[bytes, ...]) -> None:
    """Nor do they disturb one that is on the air. The encoder takes its time, as over a long line."""
    before = rejected("displaced")
    async with stage(CROWDED) as at, at.publisher() as on_air:
        at.desk.keys.add("sk_other")
        async with crowd(at, 15, *said):
            for _ in range(10):
                async with at.peer() as encoder:
                    for step, answer in ((HELLO, bytes(1536)), (CONNECT, b"_result"), (CREATE, b"_result")):
                        await asyncio.sleep(0.01)
                        await says(encoder, step, answer)
                    await says(encoder, OTHER, b"NetStream.Publish.Start")
        assert rejected("displaced") >= before + 20
        on_air.writer.write(AVC_HEADER + PICTURE_TAG)
        on_air.writer.write_eof()
        await at.desk.publications[0].over.wait()
        assert len(at.desk.publications[0].frames) == 1


async def test_of_one_address_those_go_first_that_have_not_got_on() -> None:
    async with stage(RtmpLimits(strangers=3, linger_s=0.2)) as at, AsyncExitStack() as stack:
        encoder = await stack.enter_async_context(at.peer())
        await says(encoder, HELLO + CONNECT, b"_result")
        for _ in range(6):
            await stack.enter_async_context(at.peer())
        await says(encoder, CREATE + PUBLISH, b"NetStream.Publish.Start")


async def test_who_is_put_out_while_the_desk_is_asked_is_not_on_the_air(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(RtmpLimits(strangers=1, linger_s=0.2)) as at, at.peer() as first:
        opens, asked, answer = at.desk.open, asyncio.Event(), asyncio.Event()

        async def slow(*about: str) -> RecordedPublication:
            asked.set()
            await answer.wait()
            return await opens(*about)

        monkeypatch.setattr(at.desk, "open", slow)
        first.writer.write(HELLO + CONNECT + CREATE + PUBLISH)
        await asked.wait()
        async with at.peer():
            assert b"NetStream.Publish.Start" not in await first.end()
            answer.set()
            await at.desk.opened.wait()
            await at.desk.publications[0].over.wait()
        assert at.desk.publications[0].closed == ["connection closed"]


async def test_a_publisher_too_many_is_told_before_anybody_is_asked() -> None:
    before = rejected("too_many_connections")
    async with stage(ALONE) as at, at.publisher() as first:
        at.desk.keys.add("sk_other")
        async with at.peer(HELLO, CONNECT, CREATE, OTHER) as second:
            assert b"as many publishers as it can take" in await second.end()
        assert rejected("too_many_connections") == before + 1
        assert len(at.desk.publications) == 1
        await says(first, command("FCUnpublish", 5.0, None, "x"), b"NetStream.Unpublish.Success")
        async with at.peer(HELLO, CONNECT, CREATE, OTHER) as third:
            await third.reader.readuntil(b"NetStream.Publish.Start")


async def test_of_two_that_ask_for_the_last_place_one_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(ALONE) as at:
        at.desk.keys.add("sk_other")
        opens, asked = at.desk.open, asyncio.Semaphore(0)
        answer = asyncio.Event()

        async def slow(*about: str) -> RecordedPublication:
            asked.release()
            await answer.wait()
            return await opens(*about)

        monkeypatch.setattr(at.desk, "open", slow)
        async with at.peer(HELLO, CONNECT, CREATE, PUBLISH) as one, at.peer(HELLO, CONNECT, CREATE, OTHER) as other:
            for _ in range(2):
                await asked.acquire()
            answer.set()
            ends = [asyncio.create_task(peer.end()) for peer in (one, other)]
            [refused], [going_on] = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            assert b"as many publishers as it can take" in refused.result()
            assert sorted(tuple(each.closed) for each in at.desk.publications) == [(), ("connection closed",)]
        await going_on


async def test_one_that_publishes_no_more_is_a_stranger_again() -> None:
    async with (
        stage(RtmpLimits(strangers=1, linger_s=QUICK.linger_s)) as at,
        at.publisher() as peer,
        at.peer() as other,
    ):
        await says(peer, command("FCUnpublish", 5.0, None, "x"), b"NetStream.Unpublish.Success")
        assert await other.end() == b""
        house = at.server._house
        assert (len(house._crowd), len(house.publishers)) == (1, 0)
