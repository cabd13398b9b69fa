from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.bus.protocol import BusError, Lost
from origin.bus.redis_link import RedisLink
from tests.support.redis import RedisServer, empty_server

if TYPE_CHECKING:
    from origin.bus.queues import Queue

PATIENCE_S = 30.0


async def take(subscription: Queue[str]) -> str | Lost:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(subscription)


async def until_lost(subscription: Queue[str]) -> None:
    """Take what comes up to a `Lost`: a paused server still hands on what it had."""
    while not isinstance(await take(subscription), Lost):
        pass


async def clients(link: RedisLink, kind: str) -> list[bytes]:
    listing: bytes = await link.do("CLIENT", "LIST", "TYPE", kind)
    return listing.splitlines()


async def test_all_subscriptions_share_one_connection() -> None:
    link = RedisLink.open(empty_server().url)
    listener = link.listener
    async with listener.subscribe("a", bytes.decode) as one, listener.subscribe("b", bytes.decode) as two:
        async with listener.subscribe("a", bytes.decode) as three:
            assert len(await clients(link, "pubsub")) == 1
            assert await link.do("PUBLISH", "a", "to a") == 1
            assert await link.do("PUBLISH", "b", "to b") == 1
            assert [await take(each) for each in (one, two, three)] == ["to a", "to b", "to a"]
        assert await link.do("PUBLISH", "a", "again") == 1
        assert await take(one) == "again"
    await link.close()


async def test_channels_that_nobody_listens_to_are_left() -> None:
    link = RedisLink.open(empty_server().url)
    async with link.listener.subscribe("a", bytes.decode):
        pass
    async with link.listener.subscribe("b", bytes.decode):
        assert await link.do("PUBSUB", "CHANNELS") == [b"b"]
    assert link.listener._channels == {}
    await link.close()


async def test_joining_and_leaving_over_and_over_loses_nothing() -> None:
    link = RedisLink.open(empty_server().url)
    for number in range(100):
        given_up = asyncio.create_task(link.listener.subscribe("a", bytes.decode).__aenter__())
        for _ in range(number % 4):
            await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        async with link.listener.subscribe("a", bytes.decode) as subscription:
            await link.do("PUBLISH", "a", str(number))
            assert await take(subscription) == str(number)
    await link.close()


async def test_what_cannot_be_read_counts_as_lost() -> None:
    link = RedisLink.open(empty_server().url)
    async with link.listener.subscribe("a", bytes.decode) as subscription:
        await link.do("PUBLISH", "a", b"\xff")
        assert await take(subscription) == Lost(0)
        await link.do("PUBLISH", "a", "b")
        assert await take(subscription) == "b"
    await link.close()


async def test_a_restart_is_told_to_every_subscription_and_then_messages_come_again() -> None:
    with RedisServer() as server:
        link = RedisLink.open(server.url)
        listener = link.listener
        async with listener.subscribe("a", bytes.decode) as one, listener.subscribe("b", bytes.decode) as two:
            for turn in range(3):
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.start)
                for name, subscription in (("a", one), ("b", two)):
                    assert await take(subscription) == Lost(0)
                    assert await link.do("PUBLISH", name, str(turn)) == 1
                    assert await take(subscription) == str(turn)
            assert len(await clients(link, "pubsub")) == 1
        await link.close()


async def test_a_loss_is_told_only_when_the_server_hears_us_again() -> None:
    """Whoever reads the truth after a `Lost` must be told of all that changes from then on."""
    with RedisServer() as server:
        link = RedisLink.open(server.url)
        async with link.listener.subscribe("a", bytes.decode) as subscription:
            await asyncio.to_thread(server.stop)
            waiting = asyncio.create_task(take(subscription))
            with pytest.raises(BusError, match="cannot be reached"):  # takes as long as several attempts to connect
                async with link.listener.subscribe("b", bytes.decode):
                    pass
            assert not waiting.done()
            await asyncio.to_thread(server.start)
            assert await waiting == Lost(0)
            assert await link.do("PUBLISH", "a", "b") == 1
        await link.close()


async def test_a_connection_that_an_operator_cuts_is_made_again() -> None:
    link = RedisLink.open(empty_server().url)
    async with link.listener.subscribe("a", bytes.decode) as subscription:
        assert await link.do("CLIENT", "KILL", "TYPE", "pubsub") == 1
        assert await take(subscription) == Lost(0)
        assert await link.do("PUBLISH", "a", "b") == 1
        assert await take(subscription) == "b"
    await link.close()


async def test_a_server_that_falls_silent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("origin.bus.redis_listener.CHECK_S", 0.2)
    monkeypatch.setattr("origin.bus.redis_listener.ANSWER_S", 0.5)
    with RedisServer("--requirepass", "aaaa") as server:
        link = RedisLink.open(server.url.replace("//", "//:aaaa@"))
        async with link.listener.subscribe("a", bytes.decode) as subscription:
            server.pause()
            async with asyncio.timeout(PATIENCE_S):
                while not link.listener._trouble:  # noqa: ASYNC110 - nobody is told before the server is back
                    await asyncio.sleep(0.05)
            with pytest.raises(BusError, match="does not answer in time"):
                async with link.listener.subscribe("b", bytes.decode):
                    pass
            server.go_on()
            assert await take(subscription) == Lost(0)
            await link.do("PUBLISH", "a", "b")
            assert await take(subscription) == "b"
        await link.close()


async def test_a_short_pause_loses_nothing() -> None:
    with RedisServer() as server:
        link, other = RedisLink.open(server.url), RedisLink.open(server.url)
        async with link.listener.subscribe("a", bytes.decode) as subscription:
            server.pause()
            publishing = asyncio.create_task(other.do("PUBLISH", "a", "b"))
            await asyncio.sleep(0)
            server.go_on()
            assert await publishing == 1
            assert await take(subscription) == "b"
        await link.close()
        await other.close()


async def test_emptying_the_server_changes_nothing_for_those_who_listen() -> None:
    server = empty_server()
    link = RedisLink.open(server.url)
    async with link.listener.subscribe("a", bytes.decode) as subscription:
        server.do("FLUSHALL")
        await link.do("PUBLISH", "a", "b")
        assert await take(subscription) == "b"
    await link.close()


async def test_a_server_that_was_never_there() -> None:
    with RedisServer() as server:
        server.stop()
        link = RedisLink.open(server.url)
        with pytest.raises(BusError, match="cannot be reached"):
            async with link.listener.subscribe("a", bytes.decode):
                pass
        assert link.listener._channels == {}
        await asyncio.to_thread(server.start)
        async with asyncio.timeout(PATIENCE_S), link.listener.subscribe("a", bytes.decode) as subscription:
            await link.do("PUBLISH", "a", "b")
            assert await take(subscription) == "b"
        await link.close()


async def test_a_user_who_may_not_listen_is_told_so() -> None:
    with RedisServer(*["--user", "deaf", "on", "nopass", "~*", "+@all", "resetchannels"]) as server:
        link = RedisLink.open(server.url.replace("//", "//deaf:x@"))
        with pytest.raises(BusError, match="does not let this user do that"):
            async with link.listener.subscribe("a", bytes.decode):
                pass
        await link.close()


async def test_closing_wakes_who_is_about_to_join() -> None:
    with RedisServer() as server:
        server.stop()
        link = RedisLink.open(server.url)
        joining = asyncio.create_task(link.listener.subscribe("a", bytes.decode).__aenter__())
        await asyncio.sleep(0)
        await link.close()
        with pytest.raises(BusError, match="closed"):
            await joining
