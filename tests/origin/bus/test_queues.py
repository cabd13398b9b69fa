from __future__ import annotations

import asyncio

from origin.bus.protocol import MAX_MESSAGE_BYTES, MAX_QUEUED, Lost
from origin.bus.queues import Exchange, Queue, units


async def nothing(_: Queue[str]) -> None:
    pass


def queue() -> Queue[str]:
    """A queue of strings, which weigh as many units as they have letters."""
    return Queue(nothing, lambda _: None, len)


async def drained(queue: Queue[str]) -> list[str | Lost]:
    queue.end()
    return [item async for item in queue]


async def test_entering_and_leaving_tell_the_owner() -> None:
    told = []

    async def begin(queue: Queue[str]) -> None:
        told.append(("begin", queue))

    subscription = Queue(begin, lambda queue: told.append(("end", queue)))
    async with subscription as entered:
        assert told == [("begin", subscription)]
        entered.take("a")
    assert told == [("begin", subscription), ("end", subscription)]
    assert [item async for item in subscription] == ["a"]


async def test_a_full_queue_gives_way_to_one_lost() -> None:
    full = queue()
    for _ in range(MAX_QUEUED):
        full.take("a")
    full.take("b")
    assert await drained(full) == [Lost(MAX_QUEUED), "b"]


async def test_heavy_items_fill_it_sooner_and_give_their_room_back() -> None:
    full = queue()
    half = "x" * (MAX_QUEUED // 2)
    full.take(half)
    full.take(half)
    assert await anext(full) == half
    full.take(half)
    full.take("b")
    assert await drained(full) == [Lost(2), "b"]


async def test_losses_add_up_until_they_are_told() -> None:
    full = queue()
    for _ in range(2 * MAX_QUEUED + 1):
        full.take("a")
    assert await anext(full) == Lost(2 * MAX_QUEUED)
    assert await drained(full) == ["a"]


async def test_a_loss_of_unknown_size_stays_unknown() -> None:
    full = queue()
    full.take("a")
    full.lose()
    for _ in range(MAX_QUEUED + 1):
        full.take("b")
    assert await drained(full) == [Lost(0), "b"]
    other = queue()
    for _ in range(MAX_QUEUED + 1):
        other.take("b")
    other.lose()
    assert await drained(other) == [Lost(0)]


async def test_who_waits_is_woken_by_a_loss() -> None:
    waited = queue()
    waiting = asyncio.ensure_future(anext(waited))
    await asyncio.sleep(0)
    waited.lose()
    assert await waiting == Lost(0)


def test_units_are_messages() -> None:
    assert [units(size) for size in (0, MAX_MESSAGE_BYTES - 1, MAX_MESSAGE_BYTES)] == [1, 1, 2]


async def test_an_exchange_hands_on_by_topic() -> None:
    exchange: Exchange[str] = Exchange()
    one, two, other = queue(), queue(), queue()
    for topic, listener in (("a", one), ("a", two), ("b", other)):
        exchange.add(topic, listener)
    exchange.deliver("a", "1")
    exchange.deliver("c", "2")
    exchange.lose("b")
    assert exchange.topics == ["a", "b"]
    exchange.remove("a", one)
    exchange.remove("a", one)
    exchange.deliver("a", "3")
    exchange.remove("b", other)
    assert "a" in exchange
    assert "b" not in exchange
    exchange.end()
    assert exchange.topics == []
    assert await drained(one) == ["1"]
    assert [item async for item in two] == ["1", "3"]
    assert await drained(other) == [Lost(0)]
