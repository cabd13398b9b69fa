from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.origin.web.house import problem

if TYPE_CHECKING:
    from tests.origin.web.house import House


async def test_both_listeners_tell_health(house: House) -> None:
    for app in (house.app, house.ops):
        for path in ("/healthz", "/readyz"):
            answer = await app.test_client().get(path)
            assert (answer.status_code, await answer.get_json()) == (200, {"status": "ok"})
            assert (await app.test_client().head(path)).status_code == 200


@pytest.mark.parametrize("obstacle", ["not_ready", "draining"])
async def test_readiness_says_what_stands_in_the_way(house: House, obstacle: str) -> None:
    house.services.readiness.obstacle = obstacle
    assert (await problem(await house.ops.test_client().get("/readyz")))[:2] == (503, obstacle)
    assert (await house.ops.test_client().get("/healthz")).status_code == 200


async def test_a_closed_catalog_is_not_ready(house: House) -> None:
    house.services.catalog.close()
    answer = await house.app.test_client().get("/readyz")
    assert answer.status_code == 503


async def test_metrics_are_for_operators_only(house: House) -> None:
    answer = await house.ops.test_client().get("/metrics")
    text = await answer.get_data(as_text=True)
    assert answer.content_type.startswith("text/plain")
    assert "headwater_http_requests_total" in text
    assert (await house.app.test_client().get("/metrics")).status_code == 404
    assert (await house.ops.test_client().get("/v1/streams")).status_code == 404
