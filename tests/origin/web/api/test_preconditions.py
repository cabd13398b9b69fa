from __future__ import annotations

from typing import TYPE_CHECKING

from tests.origin.web.house import problem

if TYPE_CHECKING:
    from tests.origin.web.house import House


async def test_changes_raise_the_revision_and_respect_if_match(house: House) -> None:
    made = await house.stream()
    path = f"/v1/streams/{made['id']}"
    answer = await house.call("PATCH", path, {"name": "New", "dvr_window_s": 600}, If_Match='"1"')
    assert answer.headers["ETag"] == '"2"'
    assert (await answer.get_json()).items() >= {"name": "New", "dvr_window_s": 600, "latency": "low"}.items()
    for stale in ('"1"', 'W/"2"', '"x"', ""):
        answer = await house.call("PATCH", path, {"name": "Newer"}, If_Match=stale or "x")
        assert (await problem(answer))[:2] == (412, "revision_mismatch")
    assert (await house.call("DELETE", path, If_Match='"1"')).status_code == 412
    assert (await house.call("DELETE", path, If_Match='"2"')).status_code == 204
    assert (await problem(await house.call("GET", path)))[:2] == (404, "not_found")
    assert house.director.disconnected == [made["id"]]
