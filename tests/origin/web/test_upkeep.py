from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from origin.catalog import idempotency, jobs, packages, revocations, sessions
from origin.web import upkeep
from origin.web.api.once import KEPT_S
from tests.origin.catalog.made import a_new_asset, an_order
from tests.origin.web.house import START

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.origin.web.house import House


def litter(conn: Connection) -> None:
    """One of each kind that has run out at START + 1 day, and one revocation that never does."""
    revocations.add(conn, "a", "tn_default", START + 1, START)
    revocations.add(conn, "b", "tn_default", None, START)
    sessions.create_link(conn, "c", "tn_default", START, 1)
    idempotency.store(conn, idempotency.Answer("tn_default", "k", "f", 200, b"x", START))
    packages.create(conn, a_new_asset(), an_order(), START)
    jobs.cancel(conn, "tn_default", jobs.id_of("as_film"), START)


async def test_what_has_run_out_goes_and_the_rest_stays(house: House) -> None:
    catalog = house.services.catalog
    await catalog.write(litter)
    assert await upkeep.tidy(catalog, START) == 0
    assert await upkeep.tidy(catalog, START + KEPT_S + 1) == 3
    assert await upkeep.tidy(catalog, START + upkeep.JOBS_S + 1) == 1
    assert await catalog.read(lambda conn: revocations.active(conn, START)) == {"b": None}


async def test_it_goes_on_until_cancelled_even_if_the_catalog_fails(house: House) -> None:
    house.services.catalog.close()
    task = asyncio.create_task(upkeep.run(house.services.catalog, house.clock))
    done, _ = await asyncio.wait([task], timeout=0.05)
    assert not done
    task.cancel()
