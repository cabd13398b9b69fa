from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from origin.catalog.ids import secret_hash
from tests.origin.web.conftest import Status

if TYPE_CHECKING:
    from tests.origin.web.conftest import House


async def problem(answer: Any) -> tuple[int, str, str]:
    said = await answer.get_json(force=True)
    assert answer.content_type == "application/problem+json"
    assert said["status"] == answer.status_code
    assert said["request_id"] == answer.headers["X-Request-Id"]
    return answer.status_code, said["code"], said["detail"]


async def test_a_new_stream_shows_its_key_once(house: House) -> None:
    answer = await house.call("POST", "/v1/streams", {"name": "News"})
    made = await answer.get_json()
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert made["stream_key"].startswith("sk_")
    expected = {
        "name": "News",
        "state": "idle",
        "latency": "low",
        "playback": "signed",
        "dvr_window_s": 60,
        "reconnect_window_s": 60,
        "rtmp_url": "rtmp://media.example.org:1935/live",
        "tracks": [],
        "health": [],
        "revision": 1,
    }
    assert made.items() >= expected.items()
    assert "urls" not in made
    answer = await house.call("GET", f"/v1/streams/{made['id']}")
    key = made.pop("stream_key")
    assert await answer.get_json() == made
    assert key not in made["rtmp_url"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": 3}, "name"),
        ({"name": None}, "name"),
        ({"name": "x", "record": True}, "record"),
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


@pytest.mark.parametrize("body", [{"name": None}, {"latency": None}, {"id": "st_x"}, {"state": "live"}])
async def test_patches_cannot_unset_or_invent(house: House, body: dict[str, Any]) -> None:
    made = await house.stream()
    answer = await house.call("PATCH", f"/v1/streams/{made['id']}", body)
    assert (await problem(answer))[:2] == (400, "invalid_body")


async def test_a_list_is_paged_and_complete(house: House) -> None:
    made = []
    for i in range(7):
        house.clock.now += i % 2  # some at the same moment
        made.append((await house.stream(name=str(i)))["id"])
    seen, cursor = [], ""
    while cursor is not None:
        answer = await house.call("GET", f"/v1/streams?limit=3&cursor={cursor}")
        page = await answer.get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(made)
    assert len(seen) == 7
    assert all("stream_key" not in item for item in page["items"])


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=W10", "limit=1&cursor=%C3%A4"]
)
async def test_bad_queries_are_refused(house: House, query: str) -> None:
    assert (await problem(await house.call("GET", f"/v1/streams?{query}")))[:2] == (400, "bad_request")


async def test_rotation_changes_the_key_alone(house: House) -> None:
    made = await house.stream()
    answer = await house.call("POST", f"/v1/streams/{made['id']}/rotate-key")
    rotated = await answer.get_json()
    assert rotated["stream_key"] != made["stream_key"]
    assert rotated["playback_id"] == made["playback_id"]
    assert rotated["revision"] == 2


async def test_disconnect_ends_the_broadcast(house: House) -> None:
    made = await house.stream()
    house.director.statuses[made["id"]] = Status("live", tracks=("avc1.64001f",), since=5.0, broadcast_id="bc_1")
    on_air = await (await house.call("GET", f"/v1/streams/{made['id']}")).get_json()
    assert (
        on_air.items() >= {"state": "live", "tracks": ["avc1.64001f"], "live_since": 5, "broadcast_id": "bc_1"}.items()
    )
    answer = await house.call("POST", f"/v1/streams/{made['id']}/disconnect")
    assert (await answer.get_json())["state"] == "ended"
    assert house.director.disconnected == [made["id"]]


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


async def test_tenants_do_not_see_each_other(house: House) -> None:
    made = await house.stream()
    key = await house.tenant("tn_other")
    theirs = {"Authorization": f"Bearer {key}"}
    path = f"/v1/streams/{made['id']}"
    for method, where, body in (
        ("GET", path, None),
        ("PATCH", path, {"name": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate-key", None),
        ("POST", f"{path}/disconnect", None),
        ("POST", "/v1/tokens", {"scope": "play", "playback_id": made["playback_id"]}),
        ("POST", "/v1/tokens", {"scope": "publish", "stream_id": made["id"]}),
    ):
        assert (await problem(await house.call(method, where, body, **theirs)))[:2] == (404, "not_found")
    assert (await (await house.call("GET", "/v1/streams", **theirs)).get_json())["items"] == []
    assert house.director.disconnected == []


async def test_only_a_platform_admin_acts_for_another_tenant(house: House) -> None:
    key = await house.tenant("tn_other")
    answer = await house.call("POST", "/v1/streams", {"name": "x"}, Headwater_Tenant="tn_other")
    assert answer.status_code == 201
    theirs = await house.call("GET", "/v1/streams", Authorization=f"Bearer {key}")
    assert len((await theirs.get_json())["items"]) == 1
    assert (await (await house.call("GET", "/v1/streams")).get_json())["items"] == []
    answer = await house.call("GET", "/v1/streams", Authorization=f"Bearer {key}", Headwater_Tenant="tn_default")
    assert (await problem(answer))[:2] == (403, "forbidden")
    answer = await house.call("GET", "/v1/streams", Headwater_Tenant="tn_nobody")
    assert (await problem(answer))[:2] == (404, "not_found")


async def test_public_streams_show_a_link_that_does_not_expire_until_turned_off(house: House) -> None:
    made = await house.stream(playback="public")
    path = f"/v1/streams/{made['id']}"
    link = made["urls"]["hls"]
    token = link.removeprefix("https://media.example.org/play/").split("/")[0]
    assert link.endswith(f"/{made['playback_id']}/index.m3u8")
    assert (await (await house.call("GET", path)).get_json())["urls"]["hls"] == link
    house.clock.now += 10**9
    where: dict[str, Any] = {"scope": "play", "path": f"/play/{made['playback_id']}/index.m3u8", "ip": None}
    assert house.services.keyring.verify(token, **where).sub == made["playback_id"]
    patched = await (await house.call("PATCH", path, {"playback": "signed"})).get_json()
    assert "urls" not in patched
    with pytest.raises(Exception, match="token_revoked"):
        house.services.keyring.verify(token, **where)
    await house.services.keyring.refresh()
    house.clock.now += 10**9
    with pytest.raises(Exception, match="token_revoked"):
        house.services.keyring.verify(token, **where)
    again = await (await house.call("PATCH", path, {"playback": "public"})).get_json()
    assert again["urls"]["hls"] != link
