from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from origin.stores.protocol import StoreError
from origin.stores.workers import Lane, Workers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE_S = 30.0


@pytest_asyncio.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers("test", threads=1, waiting=10)
    yield workers
    await workers.close()


async def test_work_is_done_in_a_thread_of_that_name(workers: Workers) -> None:
    assert (await workers.run(threading.current_thread)).name.startswith("test")
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 // 0)


async def test_more_calls_than_can_wait_are_turned_away() -> None:
    workers = Workers("test", threads=1, waiting=2)
    go_on = threading.Event()
    held = [asyncio.ensure_future(workers.run(partial(go_on.wait, PATIENCE_S))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreError, match="does not keep up"):
        await workers.run(bool)
    held[1].cancel()
    await asyncio.wait([held[1]])
    third = asyncio.ensure_future(workers.run(partial(go_on.wait, PATIENCE_S)))
    await asyncio.sleep(0)
    go_on.set()
    assert all(await asyncio.gather(held[0], third))
    await workers.close()


@pytest.mark.parametrize("fails", [False, True])
async def test_what_nobody_waits_for_any_more_is_discarded(workers: Workers, fails: bool) -> None:  # noqa: FBT001 - a parameter of the test
    begun, go_on = threading.Event(), threading.Event()
    discarded: list[str] = []

    def work() -> str:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        if fails:
            raise ZeroDivisionError
        return "made"

    caller = asyncio.ensure_future(workers.run(work, discard=discarded.append))
    assert await asyncio.to_thread(begun.wait, PATIENCE_S)
    caller.cancel()
    await asyncio.wait([caller])
    go_on.set()
    await workers.run(bool)  # the one thread has finished what came before
    assert discarded == ([] if fails else ["made"])


async def test_what_is_given_up_before_its_turn_is_neither_done_nor_discarded(workers: Workers) -> None:
    go_on = threading.Event()
    held = asyncio.ensure_future(workers.run(partial(go_on.wait, PATIENCE_S)))
    calls: list[object] = []

    def note(what: str) -> str:
        calls.append(what)
        return what

    caller = asyncio.ensure_future(workers.run(partial(note, "done"), discard=calls.append))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    go_on.set()
    assert await held
    await workers.close()
    assert calls == []


async def test_what_need_not_be_waited_for_is_done_in_its_turn_or_at_once_if_closed(workers: Workers) -> None:
    done_by: list[str] = []

    def note() -> None:
        done_by.append(threading.current_thread().name)

    workers.soon(note)
    await workers.close()
    workers.soon(note)
    assert done_by == ["test_0", threading.current_thread().name]


async def test_closing_finishes_what_was_taken_and_takes_no_more(workers: Workers) -> None:
    go_on = threading.Event()
    held = asyncio.ensure_future(workers.run(partial(go_on.wait, PATIENCE_S)))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(workers.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    assert await held
    for _ in range(20):  # and no room is lost by those turned away
        with pytest.raises(StoreError, match="closed"):
            await workers.run(bool)


async def test_closing_waits_for_what_hangs_no_longer_than_it_has_patience() -> None:
    workers, go_on = Workers("hanging", threads=1, waiting=10), threading.Event()
    hanging = asyncio.ensure_future(workers.run(partial(go_on.wait, PATIENCE_S)))
    behind = asyncio.ensure_future(workers.run(bool))
    await asyncio.sleep(0)
    assert not await workers.close(0.05)
    assert not hanging.done()
    await asyncio.wait([behind])
    assert behind.cancelled()
    with pytest.raises(StoreError, match="closed"):
        await workers.run(bool)
    go_on.set()
    assert await hanging
    assert await workers.close(PATIENCE_S)


async def test_a_lane_keeps_the_order_and_uses_one_thread_at_a_time() -> None:
    workers = Workers("test", threads=4, waiting=10)
    lane, go_on = Lane(workers), threading.Event()
    at_work: set[str] = set()
    done: list[int] = []

    def work(number: int) -> None:
        assert go_on.wait(PATIENCE_S)
        at_work.add(threading.current_thread().name)
        assert len(at_work) == 1
        done.append(number)
        at_work.clear()

    for number in range(100):
        lane.add(partial(work, number))
    assert await workers.run(lambda: True)  # which goes past those in the lane
    go_on.set()
    dry = asyncio.Event()
    lane.add(partial(asyncio.get_running_loop().call_soon_threadsafe, dry.set))
    await dry.wait()
    lane.add(partial(work, 100))
    await workers.close()
    assert done == list(range(101))


async def test_a_lane_whose_pool_is_closed_says_so_each_time() -> None:
    workers = Workers("test", threads=1, waiting=10)
    lane = Lane(workers)
    await workers.close()
    for _ in range(2):
        with pytest.raises(StoreError, match="closed"):
            lane.add(bool)
