from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.web.house import House


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
