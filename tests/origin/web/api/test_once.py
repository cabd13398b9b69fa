from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from origin.catalog.ids import secret_hash
from tests.origin.web.house import problem

if TYPE_CHECKING:
    from tests.origin.web.house import House


async def test_a_repeated_post_is_done_once_and_answered_the_same(house: House) -> None:
    answers = [await house.call("POST", "/v1/streams", {"name": "x"}, Idempotency_Key="k1") for _ in range(2)]
    first, second = [await answer.get_data() for answer in answers]
    assert first == second
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len((await (await house.call("GET", "/v1/streams")).get_json())["items"]) == 1
    answer = await house.call("POST", "/v1/streams", {"name": "y"}, Idempotency_Key="k1")
    assert (await problem(answer))[:2] == (409, "idempotency_mismatch")
    house.clock.now += 86_401
    assert (await house.call("POST", "/v1/streams", {"name": "y"}, Idempotency_Key="k1")).status_code == 201


@pytest.mark.parametrize("path", ["rotate-key", "disconnect"])
async def test_repeated_actions_are_done_once(house: House, path: str) -> None:
    made = await house.stream()
    answers = [
        await (await house.call("POST", f"/v1/streams/{made['id']}/{path}", Idempotency_Key="k")).get_data()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(house.director.disconnected) <= 1


async def test_no_secret_rests_in_the_database(house: House) -> None:
    made = await (await house.call("POST", "/v1/streams", {"name": "x"}, Idempotency_Key="idem-key-1")).get_json()
    body = {"scope": "play", "playback_id": made["playback_id"]}
    token = await (await house.call("POST", "/v1/tokens", body, Idempotency_Key="idem-key-2")).get_json()
    house.services.catalog.close()
    path = house.services.settings.data_dir / "catalog.db"
    with sqlite3.connect(path) as database:
        dump = "\n".join(database.iterdump())
    for file in path.parent.glob("catalog.db*"):
        dump += file.read_bytes().decode("latin-1")
    assert secret_hash(made["stream_key"]) in dump
    for secret in (made["stream_key"], token["token"], house.key, "idem-key"):
        assert secret not in dump
