from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest

from origin.catalog import assets, broadcasts, jobs, objects, packages
from origin.errors import Problem
from tests.origin.web.house import mint, problem, verify

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.origin.web.house import House


async def recorded(house: House, name: str = "one", **fields: object) -> dict[str, Any]:
    """The asset of a broadcast that has ended just now."""
    stream = await house.stream(name=name, record=True, **fields)

    def work(conn: Connection) -> str:
        now = house.clock()
        made = broadcasts.start(
            conn,
            id=f"bc_{name}",
            tenant_id="tn_default",
            stream_id=stream["id"],
            epoch=1,
            first_msn=0,
            now=now,
            recorded=True,
        )
        broadcasts.end(conn, made.id, now, listed=True)
        return assets.id_of(made.id)

    return await shown(house, await house.services.catalog.write(work))


async def shown(house: House, asset_id: str) -> dict[str, Any]:
    answer = await house.call("GET", f"/v1/assets/{asset_id}")
    assert answer.status_code == 200, await answer.get_data()
    return dict(await answer.get_json())


async def ready(house: House, asset_id: str) -> dict[str, Any]:
    await house.services.catalog.write(lambda conn: assets.finish(conn, asset_id, 12.5, house.clock()))
    return await shown(house, asset_id)


async def test_a_stream_says_whether_it_is_recorded(house: House) -> None:
    made = await house.stream()
    assert (made["record"], made["keep_s"]) == (False, None)
    path = f"/v1/streams/{made['id']}"
    changed = await (await house.call("PATCH", path, {"record": True, "keep_s": 3600})).get_json()
    assert (changed["record"], changed["keep_s"]) == (True, 3600)
    changed = await (await house.call("PATCH", path, {"keep_s": None})).get_json()
    assert (changed["record"], changed["keep_s"]) == (True, None)


async def test_an_asset_is_shown_as_it_is_made(house: House) -> None:
    asset = await recorded(house, keep_s=60)
    assert asset["id"].startswith("as_")
    assert asset["playback_id"].startswith("pb_")
    expected = {
        "name": "one",
        "state": "processing",
        "progress": 0,
        "playback": "signed",
        "broadcast_id": "bc_one",
        "keep_s": 60,
        "expires_at": house.clock() + 60,
        "revision": 1,
    }
    assert asset.items() >= expected.items()
    assert not {"duration_s", "error", "urls"} & asset.keys()
    asset = await ready(house, asset["id"])
    assert (asset["state"], asset["duration_s"], asset["progress"]) == ("ready", 12.5, 1)


async def test_one_that_failed_says_why(house: House) -> None:
    asset = await recorded(house)
    await house.services.catalog.write(lambda conn: assets.fail(conn, asset["id"], "It is empty.", house.clock()))
    failed = await shown(house, asset["id"])
    assert (failed["state"], failed["error"]) == ("failed", "It is empty.")


async def test_a_list_is_paged_and_the_tenant_s_own(house: House) -> None:
    made = []
    for number in range(5):
        house.clock.now += number % 2
        made.append((await recorded(house, str(number)))["id"])
    seen, cursor = [], ""
    while cursor is not None:
        page = await (await house.call("GET", f"/v1/assets?limit=2&cursor={cursor}")).get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(made)
    key = await house.tenant("tn_other")
    other = await house.call("GET", "/v1/assets", Authorization=f"Bearer {key}")
    assert (await other.get_json())["items"] == []
    refused = await house.call("GET", f"/v1/assets/{made[0]}", Authorization=f"Bearer {key}")
    assert (await problem(refused))[:2] == (404, "not_found")


async def test_its_name_and_how_long_it_is_kept_can_be_changed(house: House) -> None:
    asset = await recorded(house)
    path = f"/v1/assets/{asset['id']}"
    answer = await house.call("PATCH", path, {"name": "Best of", "keep_s": 100}, If_Match='"1"')
    changed = await answer.get_json()
    assert (changed["name"], changed["keep_s"], changed["expires_at"]) == ("Best of", 100, asset["created_at"] + 100)
    assert answer.headers["ETag"] == '"2"'
    changed = await (await house.call("PATCH", path, {"keep_s": None})).get_json()
    assert changed["keep_s"] is None
    assert "expires_at" not in changed
    assert (await problem(await house.call("PATCH", path, {"keep_s": 1}, If_Match='"1"')))[1] == "revision_mismatch"
    assert (await problem(await house.call("PATCH", path, {"keep_s": 0})))[1] == "invalid_body"
    assert (await problem(await house.call("PATCH", path, {"state": "ready"})))[1] == "invalid_body"


async def test_a_play_token_opens_an_asset(house: House) -> None:
    asset = await ready(house, (await recorded(house))["id"])
    token = await mint(house, scope="play", playback_id=asset["playback_id"])
    assert f"/{asset['playback_id']}/index.m3u8" in token["urls"]["hls"]
    claims = verify(house, token["token"], path=f"/play/{asset['playback_id']}/v0/index.m3u8")
    assert claims.sub == asset["playback_id"]
    key = await house.tenant("tn_other")
    body = {"scope": "play", "playback_id": asset["playback_id"]}
    refused = await house.call("POST", "/v1/tokens", body, Authorization=f"Bearer {key}")
    assert (await problem(refused))[:2] == (404, "not_found")


async def test_the_recording_of_a_public_stream_is_public_until_it_is_not(house: House) -> None:
    asset = await recorded(house, playback="public")
    token = asset["urls"]["hls"].split("/")[4]
    where = f"/play/{asset['playback_id']}/index.m3u8"
    claims = verify(house, token, path=where)
    assert (await house.call("DELETE", f"/v1/tokens/{claims.jti}")).status_code == 204
    again = await shown(house, asset["id"])
    assert again["urls"] != asset["urls"]
    with pytest.raises(Problem, match="token_revoked"):
        verify(house, token, path=where)
    path = f"/v1/assets/{asset['id']}"
    assert "urls" not in await (await house.call("PATCH", path, {"playback": "signed"})).get_json()
    with pytest.raises(Problem, match="token_revoked"):
        verify(house, again["urls"]["hls"].split("/")[4], path=where)
    assert "urls" in await (await house.call("PATCH", path, {"playback": "public"})).get_json()


async def test_what_is_deleted_is_gone_with_its_public_token(house: House) -> None:
    asset = await recorded(house, playback="public")
    path = f"/v1/assets/{asset['id']}"
    assert (await problem(await house.call("DELETE", path, If_Match='"9"')))[1] == "revision_mismatch"
    assert (await house.call("DELETE", path)).status_code == 204
    assert (await problem(await house.call("GET", path)))[:2] == (404, "not_found")
    assert (await problem(await house.call("DELETE", path)))[:2] == (404, "not_found")
    with pytest.raises(Problem, match="token_revoked"):
        verify(house, asset["urls"]["hls"].split("/")[4], path=f"/play/{asset['playback_id']}/index.m3u8")


async def test_a_download_is_sent_on_to_the_file_with_a_token(house: House) -> None:
    asset = await recorded(house)
    answer = await house.call("GET", f"/v1/assets/{asset['id']}?download=mp4")
    assert (answer.status_code, await answer.get_data()) == (307, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    address = answer.headers["Location"]
    match = re.fullmatch(
        rf"https://media.example.org/play/([^/]+)/{asset['playback_id']}/index.m3u8\?download=mp4", address
    )
    assert match
    claims = verify(house, match[1], path=f"/play/{asset['playback_id']}/index.m3u8")
    assert claims.exp == int(house.clock()) + 21_600
    assert (await house.call("GET", f"/v1/assets/{asset['id']}?download=mp4", Authorization="")).status_code == 401
    other = await house.call("GET", f"/v1/assets/{asset['id']}?download=mkv")
    assert await problem(other) == (400, "bad_request", ANY)
    assert (await house.call("GET", "/v1/assets/as_none?download=mp4")).status_code == 404


async def uploaded(house: House, name: str = "My film.mov", tenant_id: str = "tn_default") -> str:
    """The id of an object."""
    fields: dict[str, Any] = {"sha256": "ab" * 32, "content_type": "video/quicktime", "created_at": house.clock()}
    version = objects.Version("ve_film", tenant_id, "", f"{tenant_id}/objects/ve_film", 9, name=name, **fields)
    made = await house.services.catalog.write(lambda conn: objects.put(conn, version, "ob_film"))
    return made.object_id


async def test_an_object_is_made_an_asset_of(house: House) -> None:
    object_id = await uploaded(house)
    answer = await house.call("POST", "/v1/assets", {"object_id": object_id, "keep_s": 60})
    assert answer.status_code == 201, await answer.get_data()
    asset = await answer.get_json()
    expected = {
        "name": "My film.mov",
        "state": "queued",
        "progress": 0,
        "object_id": object_id,
        "version_id": "ve_film",
        "keep_s": 60,
        "expires_at": house.clock() + 60,
        "playback": "signed",
    }
    assert asset.items() >= expected.items()
    assert not {"stream_id", "broadcast_id", "duration_s", "error", "urls", "left_out"} & asset.keys()
    assert answer.headers["ETag"] == '"1"'
    assert await shown(house, asset["id"]) == asset
    job = await (await house.call("GET", f"/v1/jobs/{asset['job_id']}")).get_json()
    assert (job["subject"], job["state"]) == (asset["id"], "queued")


async def test_it_has_the_name_and_the_viewers_that_it_is_given(house: House) -> None:
    object_id = await uploaded(house, "x" * 300 + "\n.mov")
    body = {"object_id": object_id, "name": "Premiere", "playback": "public"}
    asset = await (await house.call("POST", "/v1/assets", body)).get_json()
    assert asset["name"] == "Premiere"
    token = asset["urls"]["hls"].split("/")[-3]
    path = f"/play/{asset['playback_id']}/index.m3u8"
    assert verify(house, token, path=path).sub == asset["playback_id"]
    asset = await (await house.call("POST", "/v1/assets", {"object_id": object_id})).get_json()
    assert asset["name"] == "x" * 200


async def test_asked_twice_with_one_key_it_is_made_once(house: House) -> None:
    body = {"object_id": await uploaded(house)}
    first, second = [
        await (await house.call("POST", "/v1/assets", body, Idempotency_Key="k")).get_json() for _ in range(2)
    ]
    assert first == second
    assert len((await (await house.call("GET", "/v1/assets")).get_json())["items"]) == 1
    assert len((await (await house.call("GET", "/v1/jobs")).get_json())["items"]) == 1


async def test_only_an_own_object_is_made_an_asset_of(house: House) -> None:
    object_id = await uploaded(house)
    key = await house.tenant("tn_other")
    for body, authorization in ({"object_id": object_id}, f"Bearer {key}"), ({"object_id": "ob_none"}, ""):
        headers = {"Authorization": authorization} if authorization else {}
        assert (await problem(await house.call("POST", "/v1/assets", body, **headers)))[:2] == (404, "not_found")
    for body in {}, {"object_id": object_id, "state": "ready"}, {"object_id": object_id, "name": "a\nb"}:
        assert (await problem(await house.call("POST", "/v1/assets", body)))[1] == "invalid_body"


async def test_tracks_that_were_left_out_are_shown(house: House) -> None:
    asset = await (await house.call("POST", "/v1/assets", {"object_id": await uploaded(house)})).get_json()
    job = await house.services.catalog.write(lambda conn: jobs.claim(conn, "wo_a", ["package"], house.clock()))
    assert job
    told = '[{"index": 2, "kind": "data", "codec": "tmcd", "language": "", "why": "It is no media."}]'
    assert await house.services.catalog.write(lambda conn: packages.note_left_out(conn, job, told))
    shown_now = await shown(house, asset["id"])
    assert shown_now["state"] == "processing"
    assert [track["why"] for track in shown_now["left_out"]] == ["It is no media."]


async def test_deletion_cancels_the_job(house: House) -> None:
    asset = await (await house.call("POST", "/v1/assets", {"object_id": await uploaded(house)})).get_json()
    answer = await house.call("DELETE", f"/v1/assets/{asset['id']}")
    assert answer.status_code == 204
    job = await (await house.call("GET", f"/v1/jobs/{asset['job_id']}")).get_json()
    assert job["state"] == "cancelled"
