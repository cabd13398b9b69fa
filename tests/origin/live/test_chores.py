from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from origin.errors import Problem
from origin.live.chores import Chores
from origin.observe import metrics

if TYPE_CHECKING:
    from origin.live.on_air import OnAir
    from tests.origin.live.house import House


async def present(house: House) -> OnAir:
    await house.publish(seconds=1)
    on_air = house.director._register.of_stream(house.stream.id)
    assert on_air is not None
    return on_air


async def test_whoever_waits_waits_for_all_that_has_begun(house: House) -> None:
    chores, may, done = Chores(), asyncio.Event(), []

    async def job(on_air: OnAir) -> None:
        await may.wait()
        done.append(on_air.stream.id)

    on_air = await present(house)
    chores.begin(job, on_air)
    chores.begin(job, on_air)
    waiting = asyncio.create_task(chores.done())
    await asyncio.sleep(0)
    assert not waiting.done()
    may.set()
    await waiting
    assert done == [house.stream.id] * 2


async def test_a_problem_is_counted_and_costs_nobody_else_anything(house: House) -> None:
    chores, failures = Chores(), metrics.catalog_failures.labels("broadcast")._value
    before = failures.get()

    async def job(_on_air: OnAir) -> None:
        raise Problem("catalog_failed", "The disk is full.")

    chores.begin(job, await present(house))
    await chores.done()
    assert failures.get() == before + 1


async def test_nothing_to_wait_for_is_no_wait() -> None:
    await Chores().done()
