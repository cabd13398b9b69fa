from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.origin.web.house import problem

if TYPE_CHECKING:
    from tests.origin.web.house import House


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": 3}, "name"),
        ({"name": None}, "name"),
        ({"name": "x", "record": 1}, "record"),
        ({"name": "x", "ladder": "auto"}, "ladder"),
        ({"name": "x", "latency": "ultra"}, "latency"),
        ({"name": "x", "dvr_window_s": 9}, "dvr_window_s"),
        ({"name": "x", "dvr_window_s": "60"}, "dvr_window_s"),
        ({"name": "x", "dvr_window_s": True}, "dvr_window_s"),
        ({"name": "x", "reconnect_window_s": -1}, "reconnect_window_s"),
        ({"name": "x", "reconnect_window_s": 10**30}, "reconnect_window_s"),
        ([], "object"),
        ("x", "object"),
    ],
)
async def test_bad_bodies_are_refused_by_the_field_s_name(house: House, body: object, field: str) -> None:
    status, code, detail = await problem(await house.call("POST", "/v1/streams", body))
    assert (status, code) == (400, "invalid_body")
    assert field in detail


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 60_000, b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"NaN"])
async def test_what_is_not_json_is_refused(house: House, raw: bytes) -> None:
    headers = {"Authorization": f"Bearer {house.key}", "Content-Type": "application/json"}
    answer = await house.app.test_client().post("/v1/streams", data=raw, headers=headers)
    assert (await problem(answer))[:2] == (400, "invalid_body")


async def test_other_media_types_are_refused(house: House) -> None:
    answer = await house.app.test_client().post(
        "/v1/streams", form={"name": "x"}, headers={"Authorization": f"Bearer {house.key}"}
    )
    assert (await problem(answer))[:2] == (415, "unsupported_media")


@pytest.mark.parametrize("body", [{"name": None}, {"latency": None}, {"id": "st_x"}, {"state": "live"}])
async def test_patches_cannot_unset_or_invent(house: House, body: dict[str, Any]) -> None:
    made = await house.stream()
    answer = await house.call("PATCH", f"/v1/streams/{made['id']}", body)
    assert (await problem(answer))[:2] == (400, "invalid_body")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=W10", "limit=1&cursor=%C3%A4"]
)
async def test_bad_queries_are_refused(house: House, query: str) -> None:
    assert (await problem(await house.call("GET", f"/v1/streams?{query}")))[:2] == (400, "bad_request")
