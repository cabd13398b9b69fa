"""What every bus must do. A new one is tested by being listed in BUSES and given a URL in `urls.bus_url`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from origin.bus.protocol import MAX_MESSAGE_BYTES, MAX_QUEUED, BusError, Lost, Message
from origin.bus.table import BUSES, open_bus
from tests.contract.urls import bus_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from origin.bus.protocol import Bus, Subscription

PATIENCE_S = 30.0


@pytest_asyncio.fixture(params=list(BUSES))
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    bus = open_bus(bus_url(request.param))
    yield bus
    await bus.close()


async def take(subscription: Subscription[Message]) -> Message | Lost:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(subscription)


async def until(subscription: Subscription[Message], last: str) -> list[Message | Lost]:
    """Take messages up to the one whose number is `last`."""
    taken = [await take(subscription)]
    while not (isinstance(taken[-1], Message) and taken[-1].values["number"] == last):
        taken.append(await take(subscription))
    return taken


async def test_all_who_subscribed_to_a_topic_are_told_in_order(bus: Bus) -> None:
    async with bus.subscribe("stream/st_a") as one, bus.subscribe("stream/st_a") as two:
        for number in range(10):
            await bus.publish("stream/st_a", {"number": str(number), "text": "ü\n"})
        for subscription in (one, two):
            assert [await take(subscription) for _ in range(10)] == [
                Message("stream/st_a", {"number": str(number), "text": "ü\n"}) for number in range(10)
            ]


async def test_other_topics_are_not_heard(bus: Bus) -> None:
    async with bus.subscribe("a") as subscription:
        await bus.publish("b", {"number": "1"})
        await bus.publish("a/b", {"number": "2"})
        await bus.publish("a", {"number": "3"})
        assert await take(subscription) == Message("a", {"number": "3"})


async def test_what_was_published_before_is_not_heard(bus: Bus) -> None:
    await bus.publish("a", {"number": "1"})
    subscription = bus.subscribe("a")
    await bus.publish("a", {"number": "2"})
    async with subscription:
        await bus.publish("a", {"number": "3"})
        assert await take(subscription) == Message("a", {"number": "3"})


async def test_a_waiting_subscriber_is_woken(bus: Bus) -> None:
    async with bus.subscribe("a") as subscription:
        waiting = asyncio.create_task(take(subscription))
        await asyncio.sleep(0)
        await bus.publish("a", {})
        assert await waiting == Message("a", {})


async def test_a_wait_can_be_given_up_and_begun_again(bus: Bus) -> None:
    async with bus.subscribe("a") as subscription:
        waiting = asyncio.create_task(take(subscription))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        await bus.publish("a", {"number": "1"})
        assert await take(subscription) == Message("a", {"number": "1"})


async def test_a_message_is_not_changed_by_its_publisher_afterwards(bus: Bus) -> None:
    async with bus.subscribe("a") as subscription:
        message = {"number": "1"}
        await bus.publish("a", message)
        message["number"] = "2"
        assert await take(subscription) == Message("a", {"number": "1"})


async def test_a_slow_subscriber_is_told_what_it_lost_and_hears_the_newest(bus: Bus) -> None:
    count = 3 * MAX_QUEUED + 7
    async with bus.subscribe("a") as slow, bus.subscribe("a") as quick:
        heard = []
        for number in range(count):
            await bus.publish("a", {"number": str(number)})
            heard.append(await take(quick))
        assert heard == [Message("a", {"number": str(number)}) for number in range(count)]
        taken = await until(slow, str(count - 1))
    assert len(taken) <= MAX_QUEUED + 1
    assert isinstance(taken[0], Lost)
    assert taken[0].count in (0, count - len(taken) + 1)
    numbers = [int(item.values["number"]) for item in taken if isinstance(item, Message)]
    assert numbers == list(range(count - len(numbers), count))


async def test_a_full_queue_loses_nothing(bus: Bus) -> None:
    async with bus.subscribe("a") as subscription:
        for number in range(MAX_QUEUED):
            await bus.publish("a", {"number": str(number)})
        assert len(await until(subscription, str(MAX_QUEUED - 1))) == MAX_QUEUED


async def test_closing_ends_subscriptions_after_what_is_queued(bus: Bus) -> None:
    async with bus.subscribe("a") as subscription, bus.subscribe("a") as prompt, bus.subscribe("b") as idle:
        waiting = asyncio.create_task(take(idle))
        await asyncio.sleep(0)
        await bus.publish("a", {"number": "1"})
        assert await take(prompt) == Message("a", {"number": "1"})
        await bus.close()
        await bus.close()
        async with asyncio.timeout(PATIENCE_S):
            assert [item async for item in subscription] == [Message("a", {"number": "1"})]
        with pytest.raises(StopAsyncIteration):
            await waiting
    with pytest.raises(BusError, match="closed"):
        await bus.publish("a", {})
    with pytest.raises(BusError, match="closed"):
        async with bus.subscribe("a"):
            pass


async def test_leaving_ends_the_subscription(bus: Bus) -> None:
    async with bus.subscribe("a") as subscription:
        pass
    await bus.publish("a", {"number": "1"})
    assert [item async for item in subscription] == []


async def test_large_messages_and_strange_topics_are_refused(bus: Bus) -> None:
    await bus.publish("a", {"x": "y" * (MAX_MESSAGE_BYTES - 1)})
    with pytest.raises(ValueError, match="too large"):
        await bus.publish("a", {"x": "y" * MAX_MESSAGE_BYTES})
    for topic in ("", "a b", "a*", "x" * 201):
        with pytest.raises(ValueError, match="not a topic"):
            await bus.publish(topic, {})
        with pytest.raises(ValueError, match="not a topic"):
            bus.subscribe(topic)
