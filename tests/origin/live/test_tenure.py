from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.catalog import broadcasts, leases
from origin.catalog.leases import Lease
from origin.errors import Problem
from origin.live import tenure
from origin.observe import metrics

if TYPE_CHECKING:
    from tests.origin.live.house import House


async def test_another_owner_is_kept_out_until_the_lease_runs_out(house: House) -> None:
    await house.publish(seconds=5)
    other = house.another("no_two")
    with pytest.raises(Problem) as caught:
        await house.publish(director=other)
    assert caught.value.code == "conflict"
    house.now += tenure.LEASE_TTL_S + 1
    await house.publish(director=other)
    (row,) = await house.catalog.read(broadcasts.open_ones)
    assert (row.id, row.epoch) == (house.director.status(house.stream.id).broadcast_id, 2)
    await other.drain()


async def test_a_lost_lease_ends_the_broadcast(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenure, "RENEW_S", 0.02)
    director = house.another("no_three")
    publication = await house.publish(director=director)
    house.now += tenure.LEASE_TTL_S + 1
    await house.catalog.write(
        lambda conn: leases.acquire(conn, f"stream:{house.stream.id}", "no_four", house.now, 15.0)
    )
    farewell = await asyncio.wait_for(publication.farewell, 10)
    assert farewell.code == "lease_lost"
    await director.drain()


async def test_a_catalog_that_fails_for_a_while_costs_nobody_anything(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "RENEW_S", 0.01)
    director = house.another("no_five")
    publication = await house.publish(director=director)
    house.catalog.full = True
    failures = metrics.catalog_failures.labels("renew")._value
    async with asyncio.timeout(10):
        while failures.get() < 3:  # noqa: ASYNC110 - a counter tells nobody
            await asyncio.sleep(0.01)
    house.now += 10 * tenure.LEASE_TTL_S
    house.catalog.full = False
    async with asyncio.timeout(10):
        expected = Lease(f"stream:{house.stream.id}", "no_five", 1, house.now + tenure.LEASE_TTL_S)
        while await house.catalog.read(lambda conn: leases.get(conn, expected.resource)) != expected:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert not publication.farewell.done()
    await director.drain()
