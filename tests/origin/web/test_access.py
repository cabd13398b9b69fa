from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from origin.web.sessions import LINK_TTL_S, SESSION_TTL_S, make_link
from tests.origin.web.test_streams import problem

if TYPE_CHECKING:
    from quart.typing import TestClientProtocol

    from tests.origin.web.conftest import House

SITE = "https://media.example.org"


async def sign_in(house: House) -> tuple[TestClientProtocol, Any]:
    given = house.services
    link = await make_link(given.catalog, given.links, "tn_default", clock=house.clock, random=given.random)
    client = house.app.test_client()
    answer = await client.get(link.removeprefix(SITE), scheme="https")
    return client, (link, answer)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer hw_",
        "Bearer hw_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Basic aHc6eA==",
        "bearer sk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
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
    seen = []
    for i in range(12):
        answer = await house.call("GET", "/v1/streams", Authorization=f"Bearer hw_{i:032}")
        seen.append(answer.status_code)
    assert seen == [401] * 10 + [429] * 2
    assert int(answer.headers["Retry-After"]) > 0
    assert (await house.call("GET", "/v1/streams")).status_code == 200
    house.clock.now += 60
    assert (await house.call("GET", "/v1/streams", Authorization=f"Bearer hw_{0:032}")).status_code == 401


async def test_a_sign_in_link_works_once(house: House) -> None:
    client, (link, answer) = await sign_in(house)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    for attribute in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/"):
        assert attribute in cookie
    assert (await client.get("/v1/streams", scheme="https")).status_code == 200
    again = await house.app.test_client().get(link.removeprefix(SITE))
    assert (await problem(again))[:2] == (401, "unauthorized")
    house.clock.now += SESSION_TTL_S
    assert (await client.get("/v1/streams", scheme="https")).status_code == 401


@pytest.mark.parametrize("code", ["x", "si_" + "a" * 32, "si_", "%00", "x" * 3000])
async def test_invented_codes_open_nothing(house: House, code: str) -> None:
    answer = await house.app.test_client().get(f"/signin/{code}")
    assert (await problem(answer))[:2] == (401, "unauthorized")
    assert "Set-Cookie" not in answer.headers


async def test_old_links_open_nothing(house: House) -> None:
    given = house.services
    link = await make_link(given.catalog, given.links, "tn_default", clock=house.clock, random=given.random)
    house.clock.now += LINK_TTL_S
    assert (await house.app.test_client().get(link.removeprefix(SITE))).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": SITE}, 201),
        ({"Origin": SITE, "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
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
    client, _ = await sign_in(house)
    sent = {"Host": "media.example.org", **headers}
    answer = await client.post("/v1/streams", json={"name": "x"}, headers=sent, scheme="https")
    assert answer.status_code == status
    assert (await client.get("/v1/streams", headers=sent, scheme="https")).status_code == 200


async def test_a_session_is_no_platform_admin(house: House) -> None:
    await house.tenant("tn_other")
    client, _ = await sign_in(house)
    answer = await client.get("/v1/streams", headers={"Headwater-Tenant": "tn_other"}, scheme="https")
    assert (await problem(answer))[:2] == (403, "forbidden")


async def test_listed_origins_may_use_the_api_with_a_key(house: House) -> None:
    asked = {"Origin": "https://studio.example.org", "Access-Control-Request-Method": "PATCH"}
    answer = await house.app.test_client().options("/v1/streams/st_x", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://studio.example.org"
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    answer = await house.call("GET", "/v1/streams", Origin="https://studio.example.org")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://studio.example.org"
    assert answer.headers["Vary"] == "Origin"
    # Errors too, or the page could not read why.
    answer = await house.call("GET", "/v1/streams", Origin="https://studio.example.org", Authorization="")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://studio.example.org"


async def test_other_origins_may_not(house: House) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await house.app.test_client().options("/v1/streams", headers=asked)
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = await house.call("GET", "/v1/streams", Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in answer.headers
