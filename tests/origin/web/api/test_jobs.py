from __future__ import annotations

from typing import TYPE_CHECKING, Any

from origin.catalog import jobs, packages
from tests.origin.catalog.made import a_new_asset, an_order
from tests.origin.web.house import problem

if TYPE_CHECKING:
    from tests.origin.web.house import House


async def ordered(house: House, name: str = "as_film") -> str:
    await house.services.catalog.write(lambda conn: packages.create(conn, a_new_asset(name), an_order(), house.clock()))
    return jobs.id_of(name)


async def shown(house: House, job_id: str) -> dict[str, Any]:
    answer = await house.call("GET", f"/v1/jobs/{job_id}")
    assert answer.status_code == 200, await answer.get_data()
    return dict(await answer.get_json())


async def test_a_job_is_shown_as_it_goes_on(house: House) -> None:
    job_id = await ordered(house)
    job = await shown(house, job_id)
    expected = {"id": job_id, "kind": "package", "subject": "as_film", "state": "queued", "progress": 0, "attempt": 0}
    assert job.items() >= expected.items()
    assert not {"error", "not_before", "worker", "order"} & job.keys()
    now, catalog = house.clock(), house.services.catalog
    taken = await catalog.write(lambda conn: jobs.claim(conn, "wo_a", ["package"], now))
    assert taken
    assert await catalog.write(lambda conn: jobs.heartbeat(conn, taken, 0.5, now))
    job = await shown(house, job_id)
    assert (job["state"], job["progress"], job["attempt"]) == ("running", 0.5, 1)
    assert await catalog.write(lambda conn: jobs.retry(conn, taken, "The store is away.", now))
    job = await shown(house, job_id)
    assert (job["state"], job["error"], job["not_before"]) == ("queued", "The store is away.", now + jobs.PAUSES_S[0])


async def test_a_list_is_paged_and_the_tenant_s_own(house: House) -> None:
    made = []
    for number in range(5):
        house.clock.now += number % 2
        made.append(await ordered(house, f"as_{number}"))
    seen, cursor = [], ""
    while cursor is not None:
        page = await (await house.call("GET", f"/v1/jobs?limit=2&cursor={cursor}")).get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(made)
    key = await house.tenant("tn_other")
    other = await house.call("GET", "/v1/jobs", Authorization=f"Bearer {key}")
    assert (await other.get_json())["items"] == []
    refused = await house.call("GET", f"/v1/jobs/{made[0]}", Authorization=f"Bearer {key}")
    assert (await problem(refused))[:2] == (404, "not_found")
    refused = await house.call("POST", f"/v1/jobs/{made[0]}/cancel", Authorization=f"Bearer {key}")
    assert (await problem(refused))[:2] == (404, "not_found")


async def test_a_job_that_is_cancelled_fails_its_asset(house: House) -> None:
    job_id = await ordered(house)
    async with house.services.bus.subscribe("jobs") as heard:
        answer = await house.call("POST", f"/v1/jobs/{job_id}/cancel")
        assert (await answer.get_json())["state"] == "cancelled"
        assert (await anext(heard)).values == {"job": job_id}  # type: ignore[union-attr]  # nothing is lost here
    asset = await (await house.call("GET", "/v1/assets/as_film")).get_json()
    assert (asset["state"], asset["error"]) == ("failed", "Its job was cancelled.")
    assert (await problem(await house.call("POST", f"/v1/jobs/{job_id}/cancel")))[:2] == (409, "conflict")
