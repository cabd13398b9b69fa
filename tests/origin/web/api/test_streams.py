from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from origin.web.services import EXTENSION
from tests.origin.web.house import Status, problem

if TYPE_CHECKING:
    from tests.origin.web.house import House


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
    assert "rtmps_url" not in made
    answer = await house.call("GET", f"/v1/streams/{made['id']}")
    key = made.pop("stream_key")
    assert await answer.get_json() == made
    assert key not in made["rtmp_url"]


async def test_where_rtmps_listens_its_address_is_shown(house: House) -> None:
    made = await house.stream()
    links = replace(house.services.links, rtmps="rtmps://media.example.org:1936/live")
    house.app.extensions[EXTENSION] = replace(house.services, links=links)
    path = f"/v1/streams/{made['id']}"
    for shown in (
        await (await house.call("GET", path)).get_json(),
        await (await house.call("POST", f"{path}/rotate-key")).get_json(),
        *(await (await house.call("GET", "/v1/streams")).get_json())["items"],
    ):
        assert shown["rtmps_url"] == "rtmps://media.example.org:1936/live"
        assert shown["rtmp_url"] == made["rtmp_url"]


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


async def test_those_on_the_air_can_be_asked_for_alone(house: House) -> None:
    await house.stream()
    for query, count in (("on_air=true", 0), ("on_air=false", 1), ("", 1)):
        answer = await house.call("GET", f"/v1/streams?{query}")
        assert len((await answer.get_json())["items"]) == count
    assert (await house.call("GET", "/v1/streams?on_air=perhaps")).status_code == 400


async def test_a_name_with_a_line_end_is_refused_in_words(house: House) -> None:
    answer = await house.call("POST", "/v1/streams", {"name": "a\nb"})
    said = await answer.get_json()
    assert (answer.status_code, said["code"]) == (400, "invalid_body")
    assert said["detail"] == "The field 'name' holds characters that are not taken, such as line ends; leave them out."


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
