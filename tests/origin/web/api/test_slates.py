from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.catalog import slates
from origin.web.guard import MAX_PICTURE_BYTES
from tests.origin.web.house import problem
from tests.support.pictures import JPEG, PNG, hostile, jpeg, odd, png

if TYPE_CHECKING:
    from quart import Response

    from tests.origin.web.house import House


async def put(house: House, stream_id: str, media_type: str, data: bytes, **headers: str) -> Response:
    sent = {"Authorization": f"Bearer {house.key}", "Content-Type": media_type, **headers}
    client = house.app.test_client(use_cookies=False)
    return await client.put(f"/v1/streams/{stream_id}/slate", data=data, headers=sent)


async def kept(house: House, stream_id: str) -> slates.Slate | None:
    return await house.services.catalog.read(lambda conn: slates.get(conn, stream_id))


@pytest.mark.parametrize(("media_type", "data"), [(PNG, png()), (JPEG, jpeg()), *odd().values()], ids=str)
async def test_a_picture_is_kept_as_ours(house: House, media_type: str, data: bytes) -> None:
    made = await house.stream()
    answer = await put(house, made["id"], media_type, data)
    shown = await answer.get_json()
    assert (answer.status_code, shown["slate"], answer.headers["ETag"]) == (200, "picture", '"2"')
    slate = await kept(house, made["id"])
    assert slate is not None
    assert slate.picture is not None
    assert slate.picture.startswith(b"\xff\xd8")
    assert slate.picture != data


async def test_a_card_is_drawn_for_whoever_asks_and_goes_again(house: House) -> None:
    made = await house.stream()
    assert made["slate"] is None
    path = f"/v1/streams/{made['id']}/slate"
    answer = await house.call("PUT", path, {"kind": "card"})
    assert (await answer.get_json())["slate"] == "card"
    assert (await (await house.call("GET", f"/v1/streams/{made['id']}")).get_json())["slate"] == "card"
    assert (await house.call("DELETE", path)).status_code == 204
    assert (await (await house.call("GET", f"/v1/streams/{made['id']}")).get_json())["slate"] is None
    assert await kept(house, made["id"]) is None


@pytest.mark.parametrize("name", hostile())
async def test_whatever_hurts_is_refused_with_a_sentence(house: House, name: str) -> None:
    made = await house.stream()
    media_type, data = hostile()[name]
    answer = await put(house, made["id"], media_type, data)
    said = await answer.get_json()
    assert (answer.status_code, said["code"]) == (422, "picture_refused")
    assert said["detail"].endswith(".")
    assert await kept(house, made["id"]) is None


async def test_other_kinds_and_other_words_are_refused(house: House) -> None:
    made = await house.stream()
    for media_type in ("image/gif", "image/webp", "image/svg+xml", "application/octet-stream", "text/plain"):
        assert (await problem(await put(house, made["id"], media_type, png())))[:2] == (415, "unsupported_media")
    wrong: tuple[object, ...] = ({"kind": "picture"}, {}, {"kind": "card", "x": 1}, [], "card")
    for body in wrong:
        answer = await house.call("PUT", f"/v1/streams/{made['id']}/slate", body)
        assert (await problem(answer))[:2] == (400, "invalid_body")


async def test_what_is_too_long_is_refused_before_it_is_read(house: House) -> None:
    made = await house.stream()
    answer = await put(house, made["id"], PNG, bytes(MAX_PICTURE_BYTES + 1))
    assert (await problem(answer))[:2] == (413, "body_too_large")
    other = await house.call("PUT", f"/v1/streams/{made['id']}", "x" * 70_000)
    assert other.status_code == 413


async def test_only_the_tenant_may_and_only_if_nothing_changed(house: House) -> None:
    made = await house.stream()
    theirs = {"Authorization": f"Bearer {await house.tenant('tn_other')}"}
    assert (await problem(await put(house, made["id"], PNG, png(), **theirs)))[:2] == (404, "not_found")
    answer = await house.call("DELETE", f"/v1/streams/{made['id']}/slate", None, **theirs)
    assert (await problem(answer))[:2] == (404, "not_found")
    late = await put(house, made["id"], PNG, png(), **{"If-Match": '"9"'})
    assert (await problem(late))[:2] == (412, "revision_mismatch")
    assert (await problem(await put(house, made["id"], PNG, png(), Authorization="")))[:2] == (401, "unauthorized")
    assert await kept(house, made["id"]) is None
