from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.origin.web.depot import BYTES, written
from tests.origin.web.house import sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.origin.web.depot import Depot

BODY = b"Headwater " * 1000


def code(answer: httpx.Response) -> tuple[int, str]:
    said = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert said["status"] == answer.status_code
    assert said["request_id"] == answer.headers["X-Request-Id"]
    return answer.status_code, said["code"]


async def in_pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def test_a_file_goes_up_in_pieces_and_becomes_an_object(depot: Depot) -> None:
    made = await depot.begin(len(BODY), filename="a.txt", filetype="text/plain")
    assert (made.status_code, made.headers["Upload-Offset"], made.headers["Tus-Resumable"]) == (201, "0", "1.0.0")
    path = made.headers["Location"].removeprefix("https://media.example.org")
    assert path.startswith("/v1/uploads/up_")
    first = await depot.append(path, 0, BODY[:4000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "4000")
    assert "Content-Location" not in first.headers
    assert first.headers["Upload-Expires"].endswith("GMT")
    assert await depot.offset(path) == 4000
    last = await depot.append(path, 4000, in_pieces(BODY[4000:]))
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(BODY)))
    told = await depot.ask("HEAD", path)
    assert told.headers["Content-Location"] == last.headers["Content-Location"]
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    assert told.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert told.headers["Upload-Metadata"] == written({"filename": "a.txt", "filetype": "text/plain"})
    assert "Upload-Expires" not in told.headers
    shown = (await depot.http.get(last.headers["Content-Location"])).json()
    expected = {"name": "a.txt", "size": len(BODY), "content_type": "text/plain", "revision": 1}
    assert shown.items() >= expected.items()
    assert shown["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert (await depot.http.get(path)).content == BODY
    assert depot.scratch.left() == []


async def test_who_did_not_hear_the_last_answer_may_say_the_last_step_again(depot: Depot) -> None:
    path = (await depot.begin(10, b"0123456789")).headers["Location"]
    again = await depot.append(path, 10, b"")
    assert (again.status_code, again.headers["Upload-Offset"]) == (204, "10")
    assert again.headers["Content-Location"].startswith("/v1/objects/ob_")
    assert code(await depot.append(path, 5, b"56789")) == (409, "offset_mismatch")


async def test_a_creation_may_bring_bytes_along(depot: Depot) -> None:
    part = await depot.begin(10, b"01234")
    assert (part.status_code, part.headers["Upload-Offset"]) == (201, "5")
    whole = await depot.begin(5, b"01234")
    assert whole.headers["Content-Location"].startswith("/v1/objects/")
    assert code(await depot.begin(4, b"01234")) == (413, "body_too_large")


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain", BYTES])
async def test_an_empty_creation_of_any_type_will_do(depot: Depot, kind: str | None) -> None:
    made = await depot.ask("POST", "/v1/uploads", b"", Upload_Length=3, Content_Type=kind)
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "0")
    refused = await depot.ask("POST", "/v1/uploads", b"abc", Upload_Length=3, Content_Type=kind)
    assert refused.status_code == (201 if kind == BYTES else 415)


async def test_a_file_may_be_empty(depot: Depot) -> None:
    made = await depot.begin(0, filename="nothing")
    shown = (await depot.http.get(made.headers["Content-Location"])).json()
    assert (shown["size"], shown["sha256"]) == (0, hashlib.sha256(b"").hexdigest())
    got = await depot.http.get(f"/v1/objects/{shown['id']}/content")
    assert (got.status_code, got.content) == (200, b"")


async def test_the_same_name_is_a_new_version(depot: Depot) -> None:
    first = await depot.put(b"one", filename="a.txt")
    second = await depot.put(b"two", filename="a.txt")
    assert (first["id"], second["revision"]) == (second["id"], 2)
    assert (await depot.http.get(f"/v1/objects/{first['id']}/content")).content == b"two"


async def test_options_tell_what_there_is_to_anybody(depot: Depot) -> None:
    for path in ("/v1/uploads", "/v1/uploads/up_x"):
        told = await depot.http.options(path, headers={"Authorization": "", "Origin": "https://x.example"})
        assert told.status_code == 204
        assert told.headers["Tus-Version"] == told.headers["Tus-Resumable"] == "1.0.0"
        assert told.headers["Tus-Extension"] == "creation,creation-with-upload,expiration,termination"
        assert told.headers["Tus-Max-Size"] == str(1 << 40)
        assert told.headers["Access-Control-Allow-Origin"] == "*"
        assert "Upload-Metadata" in told.headers["Access-Control-Allow-Headers"]
        assert "PATCH" in told.headers["Access-Control-Allow-Methods"]
        assert "Content-Length" not in told.headers


async def test_any_page_may_read_the_answers(depot: Depot) -> None:
    made = await depot.begin(5)
    missing, refused = await depot.ask("HEAD", "/v1/uploads/up_x"), await depot.append(made.headers["Location"], 9, b"")
    for answer in (made, missing, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {"Location", "Upload-Offset"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
        assert answer.headers["Tus-Resumable"] == "1.0.0"


async def test_a_method_can_be_overridden(depot: Depot) -> None:
    path = (await depot.begin(5)).headers["Location"]
    headers = {"X_HTTP_Method_Override": "PATCH", "Upload_Offset": 0, "Content_Type": BYTES}
    assert (await depot.ask("POST", path, b"01234", **headers)).status_code == 204
    told = await depot.ask("POST", path, X_HTTP_Method_Override="HEAD")
    assert (told.status_code, told.headers["Upload-Offset"]) == (200, "5")
    assert code(await depot.ask("POST", path, X_HTTP_Method_Override="PUT")) == (400, "bad_request")


async def test_an_upload_can_be_taken_back(depot: Depot) -> None:
    path = (await depot.begin(10, b"01234")).headers["Location"]
    assert len(depot.scratch.left()) == 1
    assert (await depot.ask("DELETE", path)).status_code == 204
    assert depot.scratch.left() == []
    assert (await depot.ask("HEAD", path)).status_code == 410
    assert code(await depot.append(path, 5, b"56789")) == (410, "upload_gone")
    assert code(await depot.ask("DELETE", path)) == (410, "upload_gone")
    done = (await depot.begin(5, b"01234")).headers["Location"]
    assert code(await depot.ask("DELETE", done)) == (409, "conflict")


async def test_a_repeated_creation_is_one(depot: Depot) -> None:
    first = await depot.ask("POST", "/v1/uploads", Upload_Length=5, Idempotency_Key="k")
    again = await depot.ask("POST", "/v1/uploads", Upload_Length=5, Idempotency_Key="k")
    other = await depot.ask("POST", "/v1/uploads", Upload_Length=5, Idempotency_Key="l")
    assert first.headers["Location"] == again.headers["Location"] != other.headers["Location"]
    refused = await depot.ask("POST", "/v1/uploads", Upload_Length=6, Idempotency_Key="k")
    assert code(refused) == (409, "idempotency_mismatch")
    assert code(await depot.ask("POST", "/v1/uploads", Upload_Length=5, Idempotency_Key="")) == (400, "bad_request")


BAD: list[tuple[int, dict[str, Any]]] = [
    (412, {"Tus_Resumable": None}),
    (412, {"Tus_Resumable": "0.2.2"}),
    (400, {"Upload_Length": None}),
    (400, {"Upload_Length": "-1"}),
    (400, {"Upload_Length": "x"}),
    (413, {"Upload_Length": (1 << 40) + 1}),
    (400, {"Upload_Defer_Length": "1"}),
    (400, {"Upload_Concat": "partial"}),
    (400, {"Upload_Metadata": "filename YQ"}),
    (400, {"Upload_Metadata": "x" * 20_000}),
    (400, {"Upload_Metadata": written({"filename": "a\nb"})}),
    (400, {"Upload_Metadata": written({"filename": "a\u202eexe.txt"})}),
    (400, {"Upload_Metadata": written({"filename": "x" * 2000})}),
    (400, {"Upload_Metadata": written({"filetype": "no type"})}),
    (401, {"Authorization": "Bearer hw_" + "a" * 32}),
    (401, {"Authorization": "Basic x"}),
]


@pytest.mark.parametrize(("status", "headers"), BAD)
async def test_a_bad_creation_leaves_nothing_behind(depot: Depot, status: int, headers: dict[str, Any]) -> None:
    answer = await depot.ask("POST", "/v1/uploads", **{"Upload_Length": 5, **headers})
    assert code(answer)[0] == status
    assert answer.json()["detail"].endswith((".", "hw_…"))
    assert depot.scratch.left() == []
    if status == 412:
        assert answer.headers["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize(
    ("expected", "headers"),
    [
        ((409, "offset_mismatch"), {"Upload_Offset": 4}),
        ((409, "offset_mismatch"), {"Upload_Offset": 0}),
        ((400, "bad_request"), {"Upload_Offset": None}),
        ((400, "bad_request"), {"Upload_Offset": -1}),
        ((400, "bad_request"), {"Upload_Checksum": "sha1 x"}),
        ((415, "unsupported_media"), {"Content_Type": "text/plain"}),
        ((412, "tus_version"), {"Tus_Resumable": "2.0.0"}),
    ],
)
async def test_a_bad_piece_changes_nothing(depot: Depot, expected: tuple[int, str], headers: dict[str, Any]) -> None:
    path = (await depot.begin(10, b"012")).headers["Location"]
    given = {"Upload_Offset": 3, "Content_Type": BYTES, **headers}
    answer = await depot.ask("PATCH", path, b"3456789", **given)
    assert code(answer) == expected
    assert await depot.offset(path) == 3
    if expected[1] == "offset_mismatch":
        assert answer.headers["Upload-Offset"] == "3"


async def test_no_more_is_taken_than_was_announced(depot: Depot) -> None:
    path = (await depot.begin(10)).headers["Location"]
    assert code(await depot.append(path, 0, b"x" * 11)) == (413, "body_too_large")
    assert await depot.offset(path) == 0
    assert code(await depot.append(path, 0, in_pieces(b"x" * 11, 4))) == (413, "body_too_large")
    assert await depot.offset(path) == 8
    assert (await depot.append(path, 8, b"xx")).status_code == 204


async def test_an_upload_is_its_tenant_s(depot: Depot) -> None:
    path = (await depot.begin(10)).headers["Location"]
    other = f"Bearer {await depot.house.tenant('tn_other')}"
    for method in ("HEAD", "PATCH", "DELETE"):
        answer = await depot.ask(method, path, Authorization=other, Upload_Offset=0, Content_Type=BYTES)
        assert answer.status_code == 404
    assert (await depot.http.get("/v1/objects", headers={"Authorization": other})).json()["items"] == []
    as_other = await depot.ask("POST", "/v1/uploads", Upload_Length=1, Headwater_Tenant="tn_other")
    assert (await depot.ask("HEAD", as_other.headers["Location"], Authorization=other)).status_code == 200


async def test_what_is_not_there_says_so(depot: Depot) -> None:
    for path in ("/v1/uploads/up_x", "/v1/uploads/up_" + "a" * 32, "/v1/uploads/..", "/v1/uploads/a/b", "/v1/uploads/"):
        assert code(await depot.append(path, 0, b""))[0] == 404
    assert code(await depot.http.get("/v1/objects/ob_x/content")) == (404, "not_found")
    assert code(await depot.ask("PUT", "/v1/uploads"))[0] == 405
    assert (await depot.ask("GET", "/v1/uploads")).headers["Allow"] == "POST, OPTIONS"
    assert code(await depot.http.get((await depot.begin(5)).headers["Location"])) == (409, "conflict")


async def test_what_expired_is_gone(depot: Depot) -> None:
    path = (await depot.begin(10, b"012")).headers["Location"]
    depot.house.clock.now += 86_000
    await depot.append(path, 3, b"345")
    depot.house.clock.now += 86_000
    await depot.cleaner.tidy()
    assert await depot.offset(path) == 6
    depot.house.clock.now += 1_000
    await depot.cleaner.tidy()
    assert depot.scratch.left() == []
    assert (await depot.ask("HEAD", path)).status_code == 410
    depot.house.clock.now += 87_000
    await depot.cleaner.tidy()
    assert (await depot.ask("HEAD", path)).status_code == 404


async def test_what_nobody_foresaw_is_told_without_what_it_was(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(depot.uploads, "look", fail)
    answer = await depot.ask("HEAD", "/v1/uploads/up_x")
    assert answer.status_code == 500
    monkeypatch.setattr(depot.uploads, "create", fail)
    answer = await depot.begin(5)
    assert code(answer) == (500, "internal")
    assert "secret" not in answer.text


async def test_a_page_s_session_may_upload_and_another_site_s_page_not(depot: Depot) -> None:
    _, _, signed_in = await sign_in(depot.house)
    cookie = signed_in.headers["Set-Cookie"].partition(";")[0]
    given = {"Authorization": None, "Cookie": cookie, "Upload_Length": 3}
    del depot.http.headers["Authorization"]
    good = await depot.ask("POST", "/v1/uploads", **given, Origin="http://media.example.org")
    assert good.status_code == 201
    bad = await depot.ask("POST", "/v1/uploads", **given, Origin="https://evil.example")
    assert code(bad) == (403, "forbidden")
    given |= {"Origin": "https://evil.example", "X_HTTP_Method_Override": "DELETE"}
    sly = await depot.ask("GET", good.headers["Location"], **given)
    assert code(sly) == (403, "forbidden")


async def test_content_has_ranges_and_is_never_shown_in_place(depot: Depot) -> None:
    made = await depot.put(b"<script>alert(1)</script>", filename="folder/x.html", filetype="text/html")
    path = f"/v1/objects/{made['id']}/content"
    got = await depot.http.get(path)
    assert got.headers["Content-Disposition"] == 'attachment; filename="x.html"'
    assert got.headers["Content-Security-Policy"] == "sandbox"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    part = await depot.http.get(path, headers={"Range": "bytes=8-12"})
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"alert", "bytes 8-12/25")
    assert part.headers["Repr-Digest"] == got.headers["Repr-Digest"]
    assert (await depot.http.head(path)).headers["Content-Length"] == "25"
    assert code(await depot.http.get(path, headers={"Authorization": "Bearer x"}))[0] == 401
