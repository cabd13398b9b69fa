from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.web.sessions import LINK_TTL_S, SESSION_TTL_S, make_link
from tests.origin.web.house import problem, sign_in

if TYPE_CHECKING:
    from tests.origin.web.house import House


SITE = "https://media.example.org"


async def test_a_sign_in_link_works_once(house: House) -> None:
    client, path, answer = await sign_in(house)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    for attribute in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/"):
        assert attribute in cookie
    assert (await client.get("/v1/streams", scheme="https")).status_code == 200
    again = await house.app.test_client().get(path)
    assert (await problem(again))[:2] == (401, "unauthorized")
    house.clock.now += SESSION_TTL_S
    assert (await client.get("/v1/streams", scheme="https")).status_code == 401


async def test_who_only_looks_where_a_link_leads_does_not_use_it_up(house: House) -> None:
    given = house.services
    link = await make_link(given.catalog, given.links, "tn_default", clock=house.clock, random=given.random)
    path = link.removeprefix(given.links.base)
    looked = await house.app.test_client().head(path)
    assert (looked.status_code, looked.headers["Allow"]) == (405, "GET")
    assert "Set-Cookie" not in looked.headers
    assert (await house.app.test_client().get(path)).status_code == 303


@pytest.mark.parametrize("code", ["x", "si_" + "a" * 32, "si_", "%00", "x" * 3000])
async def test_invented_codes_open_nothing(house: House, code: str) -> None:
    answer = await house.app.test_client().get(f"/signin/{code}")
    assert (await problem(answer))[:2] == (401, "unauthorized")
    assert "Set-Cookie" not in answer.headers


async def test_old_links_open_nothing(house: House) -> None:
    given = house.services
    link = await make_link(given.catalog, given.links, "tn_default", clock=house.clock, random=given.random)
    house.clock.now += LINK_TTL_S
    assert (await house.app.test_client().get(link.removeprefix(given.links.base))).status_code == 401
