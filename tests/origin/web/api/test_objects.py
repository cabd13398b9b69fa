from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import objects
from origin.catalog.objects import Version
from tests.origin.web.house import problem

if TYPE_CHECKING:
    from tests.origin.web.house import House


async def stored(house: House, number: int, name: str) -> str:
    """The id of an object."""
    key = objects.key_of("tn_default", f"ve_{number}")
    house.clock.now += 1
    version = Version(f"ve_{number}", "tn_default", "", key, 3, "ab" * 32, "text/plain", house.clock(), name)
    made = await house.services.catalog.write(lambda conn: objects.put(conn, version, f"ob_{number}"))
    return made.object_id


async def test_an_object_is_shown(house: House) -> None:
    name = await stored(house, 1, "a/b.txt")
    answer = await house.call("GET", f"/v1/objects/{name}")
    said = await answer.get_json()
    assert said.items() >= {"id": "ob_1", "name": "a/b.txt", "version_id": "ve_1", "size": 3, "revision": 1}.items()
    assert "key" not in said
    assert answer.headers["ETag"] == '"1"'


async def test_a_list_is_paged_and_may_have_a_prefix(house: House) -> None:
    made = [await stored(house, number, f"{number % 2}/{number}") for number in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = await (await house.call("GET", f"/v1/objects?limit=2&cursor={cursor}")).get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]
    odd = await (await house.call("GET", "/v1/objects?prefix=1/")).get_json()
    assert [item["name"] for item in odd["items"]] == ["1/3", "1/1"]


async def test_one_that_is_deleted_is_gone(house: House) -> None:
    name = await stored(house, 1, "a")
    path = f"/v1/objects/{name}"
    assert (await problem(await house.call("DELETE", path, If_Match='"2"')))[1] == "revision_mismatch"
    assert (await house.call("DELETE", path, If_Match='"1"')).status_code == 204
    assert (await problem(await house.call("GET", path)))[:2] == (404, "not_found")
    assert (await problem(await house.call("DELETE", path)))[:2] == (404, "not_found")
