from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.bus.protocol import BusError, Lost, Message
from origin.bus.redis import RedisBus
from tests.support.redis import RedisServer, empty_server

if TYPE_CHECKING:
    from origin.bus.queues import Queue

PATIENCE_S = 30.0


async def take(subscription: Queue[Message]) -> Message | Lost:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(subscription)


async def test_nodes_hear_one_another_if_they_share_a_database() -> None:
    url = empty_server().url
    one, two, other = RedisBus.open(url), RedisBus.open(url), RedisBus.open(url.removesuffix("0") + "1")
    async with one.subscribe("a") as near, two.subscribe("a") as far, other.subscribe("a") as apart:
        await other.publish("a", {"number": "1"})
        await one.publish("a", {"number": "2"})
        for subscription in (near, far):
            assert await take(subscription) == Message("a", {"number": "2"})
        assert await take(apart) == Message("a", {"number": "1"})
    for bus in (one, two, other):
        await bus.close()


@pytest.mark.parametrize("said", ["{", "[]", '{"a": 1}', '"a"', b"\xff", '{"a": "%s"}' % ("x" * 20_000)])
async def test_what_another_version_says_counts_as_lost(said: str | bytes) -> None:
    bus = RedisBus.open(empty_server().url)
    async with bus.subscribe("a") as subscription:
        await bus.link.do("PUBLISH", "headwater:0:bus:a", said)
        assert await take(subscription) == Lost(0)
        await bus.publish("a", {"a": "b"})
        assert await take(subscription) == Message("a", {"a": "b"})
    await bus.close()


async def test_publishing_while_the_server_is_away_fails_and_works_again_afterwards() -> None:
    with RedisServer() as server:
        bus = RedisBus.open(server.url)
        async with bus.subscribe("a") as subscription:
            await asyncio.to_thread(server.stop)
            for _ in range(10):
                with pytest.raises(BusError, match="cannot be reached"):
                    await bus.publish("a", {})
            await asyncio.to_thread(server.start)
            assert await take(subscription) == Lost(0)
            await bus.publish("a", {"number": "1"})
            assert await take(subscription) == Message("a", {"number": "1"})
        await bus.close()


async def test_publishing_to_a_server_that_does_not_answer_fails() -> None:
    with RedisServer() as server:
        bus = RedisBus.open(server.url)
        await bus.publish("a", {})
        server.pause()
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(BusError, match="does not answer in time"):
                await bus.publish("a", {})
        server.go_on()
        await bus.publish("a", {})
        await bus.close()


def test_a_url_that_is_wrong_is_refused_with_a_sentence() -> None:
    with pytest.raises(BusError, match="Write redis://"):
        RedisBus.open("redis:")
