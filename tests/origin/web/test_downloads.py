from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Any

    from tests.origin.web.depot import Depot

BODY = bytes(range(256)) * 3000


async def link(depot: Depot, made: dict[str, Any], **fields: object) -> str:
    """The path of a new download address."""
    body = {"scope": "download", "object_id": made["id"], **fields}
    answer = await depot.http.post("/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["urls"]["download"]
    assert url.startswith("https://media.example.org/dl/")
    return url.removeprefix("https://media.example.org")


@pytest.fixture
async def path(depot: Depot) -> str:
    made = await depot.put(BODY, filename="Grüße/Bär.bin", filetype="video/mp4")
    del depot.http.headers["Authorization"]
    depot.http.headers["X-Test"] = made["id"]
    depot.http.headers["Authorization"] = f"Bearer {depot.house.key}"
    found = await link(depot, made)
    del depot.http.headers["Authorization"]
    return found


async def test_whoever_has_the_address_has_the_file(depot: Depot, path: str) -> None:
    got = await depot.http.get(path)
    assert (got.status_code, got.content) == (200, BODY)
    assert got.headers["ETag"] == f'"sha256-{hashlib.sha256(BODY).hexdigest()}"'
    assert got.headers["Repr-Digest"].startswith("sha-256=:")
    assert got.headers["Content-Disposition"] == "attachment; filename=\"Bar.bin\"; filename*=UTF-8''B%C3%A4r.bin"
    assert got.headers["Content-Type"] == "video/mp4"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "sandbox"
    assert got.headers["Referrer-Policy"] == "no-referrer"
    assert "Repr-Digest" in got.headers["Access-Control-Expose-Headers"]
    assert path.endswith("/B%C3%A4r.bin")
    assert (await depot.http.get(path.rpartition("/")[0] + "/anything")).content == BODY


@pytest.mark.parametrize(
    ("asked", "span"),
    [("bytes=0-9", (0, 10)), ("bytes=500000-", (500_000, 768_000)), ("bytes=-5", (767_995, 768_000))],
)
async def test_a_range(depot: Depot, path: str, asked: str, span: tuple[int, int]) -> None:
    got = await depot.http.get(path, headers={"Range": asked})
    assert (got.status_code, got.content) == (206, BODY[slice(*span)])
    assert got.headers["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/{len(BODY)}"


async def test_conditions(depot: Depot, path: str) -> None:
    tag = (await depot.http.head(path)).headers["ETag"]
    assert (await depot.http.get(path, headers={"If-None-Match": tag})).status_code == 304
    assert (await depot.http.get(path, headers={"Range": "bytes=0-1", "If-Range": tag})).status_code == 206
    assert (await depot.http.get(path, headers={"Range": "bytes=0-1", "If-Range": '"x"'})).status_code == 200
    beyond = await depot.http.get(path, headers={"Range": "bytes=768000-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */768000")


async def test_the_token_is_what_opens_it(depot: Depot, path: str) -> None:
    _, _, token, object_id, version_id, name = path.split("/")
    for other in (
        f"/dl/x/{object_id}/{version_id}/{name}",
        f"/dl/{token}x/{object_id}/{version_id}/{name}",
        f"/dl/{token}/ob_{'a' * 32}/{version_id}/{name}",
    ):
        answer = await depot.http.get(other)
        assert (answer.status_code, answer.json()["code"]) == (403, "token_invalid")
    for odd in (f"/dl/{token}", f"/dl/{token}/{object_id}/{version_id}", f"/dl/{token}/{object_id}/{version_id}/a/b"):
        assert (await depot.http.get(odd)).status_code == 404
    assert (await depot.http.get(f"/dl/{token}/{object_id}/ve_{'a' * 32}/x")).status_code == 404
    assert (await depot.http.post(path)).status_code == 405
    assert (await depot.http.options(path)).status_code == 204
    depot.house.clock.now += 6 * 3600 + 31
    assert (await depot.http.get(path)).json()["code"] == "token_expired"


async def test_a_version_stays_until_its_object_is_deleted(depot: Depot) -> None:
    made = await depot.put(b"one", filename="a")
    old = await link(depot, made)
    await depot.put(b"two", filename="a")
    new = await link(depot, made)
    assert ((await depot.http.get(old)).content, (await depot.http.get(new)).content) == (b"one", b"two")
    assert (await depot.http.delete(f"/v1/objects/{made['id']}")).status_code == 204
    assert (await depot.http.get(old)).status_code == 404
    depot.house.clock.now += 61
    await depot.cleaner.tidy()
    assert await depot.house.services.store.list("", None, 10) == []


async def test_a_token_is_for_an_object_of_one_s_own(depot: Depot) -> None:
    made = await depot.put(b"one")
    other = {"Authorization": f"Bearer {await depot.house.tenant('tn_other')}"}
    for body, headers, status in (
        ({"scope": "download", "object_id": made["id"]}, other, 404),
        ({"scope": "download", "object_id": "ob_x"}, {}, 404),
        ({"scope": "download"}, {}, 400),
        ({"scope": "download", "object_id": made["id"], "stream_id": "st_x"}, {}, 400),
        ({"scope": "play", "object_id": made["id"]}, {}, 400),
    ):
        assert (await depot.http.post("/v1/tokens", json=body, headers=headers)).status_code == status
    play = (await depot.http.post("/v1/tokens", json={"scope": "download", "object_id": made["id"]})).json()["token"]
    assert (await depot.http.get(f"/play/{play}/pb_x/index.m3u8")).status_code == 404
