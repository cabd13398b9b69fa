from __future__ import annotations

import asyncio

import pytest

from origin.bus.memory import MemoryBus
from origin.bus.protocol import MAX_QUEUED, BusError, Lost, Message


async def test_what_was_lost_is_counted_exactly() -> None:
    bus = MemoryBus()
    async with bus.subscribe("a") as subscription:
        for number in range(2 * MAX_QUEUED + 1):
            await bus.publish("a", {"number": str(number)})
        assert await anext(subscription) == Lost(2 * MAX_QUEUED)
        assert await anext(subscription) == Message("a", {"number": str(2 * MAX_QUEUED)})
        await bus.publish("a", {})
        assert await anext(subscription) == Message("a", {})


async def test_who_waits_is_woken_by_a_message_and_by_the_end() -> None:
    bus = MemoryBus()
    async with bus.subscribe("a") as subscription:
        waiting = asyncio.ensure_future(anext(subscription))
        await asyncio.sleep(0)
        await bus.publish("a", {"number": "1"})
        assert await waiting == Message("a", {"number": "1"})
        waiting = asyncio.ensure_future(anext(subscription))
        await asyncio.sleep(0)
        await bus.close()
        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_subscribers_share_one_copy() -> None:
    bus = MemoryBus()
    async with bus.subscribe("a") as one, bus.subscribe("a") as two:
        await bus.publish("a", {"number": "1"})
        assert await anext(one) is await anext(two)


async def test_a_topic_is_forgotten_with_its_last_subscriber() -> None:
    bus = MemoryBus()
    async with bus.subscribe("a"):
        async with bus.subscribe("a"), bus.subscribe("b"):
            assert bus._exchange.topics == ["a", "b"]
        assert bus._exchange.topics == ["a"]
    assert bus._exchange.topics == []


async def test_leaving_after_the_bus_was_closed_is_no_error() -> None:
    bus = MemoryBus()
    async with bus.subscribe("a") as subscription:
        await bus.close()
        assert [item async for item in subscription] == []
    assert bus._exchange.topics == []


async def test_a_closed_bus_says_so() -> None:
    bus = MemoryBus.open("memory:")
    await bus.close()
    with pytest.raises(BusError, match="closed"):
        await bus.publish("a", {})
    with pytest.raises(BusError, match="closed"):
        await bus.subscribe("a").__aenter__()


def test_nothing_follows_the_colon() -> None:
    with pytest.raises(BusError, match="nothing behind it"):
        MemoryBus.open("memory:a")
