from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.web.house import House


async def test_each_application_serves_what_is_its_own(house: House) -> None:
    assert (await house.app.test_client().get("/metrics")).status_code == 404
    assert (await house.ops.test_client().get("/v1/streams")).status_code == 404
    assert (await house.ops.test_client().get("/metrics")).status_code == 200


async def test_every_answer_carries_a_request_id(house: House) -> None:
    for path in ("/healthz", "/v1/streams", "/nothing", "/openapi.json"):
        answer = await house.app.test_client().get(path)
        assert len(answer.headers["X-Request-Id"]) == 24
