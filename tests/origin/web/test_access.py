from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.web.access import REMEMBERED_S
from tests.origin.web.house import problem, sign_in

if TYPE_CHECKING:
    from tests.origin.web.house import House


SITE = "https://media.example.org"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer hw_",
        "Bearer hw_" + "a" * 32,
        "Basic aHc6eA==",
        "bearer sk_" + "a" * 32,
        "Bearer " + "x" * 10_000,
        "Bearer hw_é",
    ],
)
async def test_without_a_known_key_there_is_nothing(house: House, header: str) -> None:
    answer = await house.call("GET", "/v1/streams", Authorization=header)
    assert (await problem(answer))[:2] == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_guessing_is_slowed_down_and_good_keys_that_are_known_go_on(house: House) -> None:
    assert (await house.call("GET", "/v1/streams")).status_code == 200
    stranger = await house.tenant("tn_other")
    house.clock.now += REMEMBERED_S
    seen = []
    for i in range(12):
        answer = await house.call("GET", "/v1/streams", Authorization=f"Bearer hw_{i:032}")
        seen.append(answer.status_code)
    assert seen == [401] * 10 + [429] * 2
    assert int(answer.headers["Retry-After"]) > 0
    assert (await house.call("GET", "/v1/streams")).status_code == 200
    assert (await house.call("GET", "/v1/streams", Authorization=f"Bearer {stranger}")).status_code == 429
    house.clock.now += 60
    assert (await house.call("GET", "/v1/streams", Authorization=f"Bearer hw_{0:032}")).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": SITE}, 201),
        ({"Origin": SITE, "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": SITE, "Host": "backend.internal"}, 201),
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": SITE, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://studio.example.org"}, 403),
    ],
)
async def test_a_session_changes_things_from_our_own_pages_only(
    house: House, headers: dict[str, str], status: int
) -> None:
    client, _, _ = await sign_in(house)
    sent = {"Host": "media.example.org", **headers}
    answer = await client.post("/v1/streams", json={"name": "x"}, headers=sent, scheme="https")
    assert answer.status_code == status
    assert (await client.get("/v1/streams", headers=sent, scheme="https")).status_code == 200


async def test_a_session_is_no_platform_admin(house: House) -> None:
    await house.tenant("tn_other")
    client, _, _ = await sign_in(house)
    answer = await client.get("/v1/streams", headers={"Headwater-Tenant": "tn_other"}, scheme="https")
    assert (await problem(answer))[:2] == (403, "forbidden")


async def test_only_a_platform_admin_acts_for_another_tenant(house: House) -> None:
    key = await house.tenant("tn_other")
    answer = await house.call("POST", "/v1/streams", {"name": "x"}, Headwater_Tenant="tn_other")
    assert answer.status_code == 201
    theirs = await house.call("GET", "/v1/streams", Authorization=f"Bearer {key}")
    assert len((await theirs.get_json())["items"]) == 1
    assert (await (await house.call("GET", "/v1/streams")).get_json())["items"] == []
    answer = await house.call("GET", "/v1/streams", Authorization=f"Bearer {key}", Headwater_Tenant="tn_default")
    assert (await problem(answer))[:2] == (403, "forbidden")
    answer = await house.call("GET", "/v1/streams", Headwater_Tenant="tn_nobody")
    assert (await problem(answer))[:2] == (404, "not_found")
