from __future__ import annotations

from typing import TYPE_CHECKING

from tests.origin.web.house import problem

if TYPE_CHECKING:
    import pytest

    from tests.origin.web.house import House


async def test_wrong_addresses_and_methods_are_problems(house: House) -> None:
    answer = await house.call("GET", "/v1/nothing")
    assert (await problem(answer))[:2] == (404, "not_found")
    answer = await house.call("PUT", "/v1/streams", {})
    assert (await problem(answer))[:2] == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


async def test_an_unforeseen_error_tells_the_client_nothing_but_where_to_look(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_stream_ids: list[str]) -> None:
        raise ZeroDivisionError("a secret detail")

    await house.stream()
    monkeypatch.setattr(house.director, "find_statuses", fail)
    answer = await house.call("GET", "/v1/streams")
    status, code, detail = await problem(answer)
    assert (status, code) == (500, "internal")
    assert "secret" not in detail


async def test_a_catalog_that_fails_is_a_503(house: House) -> None:
    house.services.catalog.close()
    status, code, _ = await problem(await house.call("GET", "/v1/streams"))
    assert (status, code) == (503, "catalog_failed")
