from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.web import pages
from tests.origin.web.house import problem, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origin.web.house import House


@pytest.fixture
def built(house: House, tmp_path: Path) -> House:
    """The files that a build leaves, in small."""
    files = {
        "library.html": "<p>library",
        "watch.html": "<p>watch",
        "signin.html": "<p>sign in",
        "docs/index.html": "<p>docs",
        "assets/watch-ABCDEFG1.js": "1",
        "assets/plain.css": "p{}",
    }
    for name, text in files.items():
        path = tmp_path / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    house.app.extensions[pages.EXTENSION] = pages.load(tmp_path / "dist")
    return house


async def test_the_library_needs_a_session(built: House) -> None:
    answer = await built.app.test_client().get("/")
    assert (answer.status_code, await answer.get_data()) == (401, b"<p>sign in")
    client, _, _ = await sign_in(built)
    answer = await client.get("/", scheme="https")
    assert (answer.status_code, await answer.get_data()) == (200, b"<p>library")


async def test_a_page_seen_before_is_not_blank_the_second_time(built: House) -> None:
    anonymous = built.app.test_client()
    refused = await anonymous.get("/")
    refused = await anonymous.get("/", headers={"If-None-Match": refused.headers["ETag"]})
    assert (refused.status_code, await refused.get_data()) == (401, b"<p>sign in")
    client, _, _ = await sign_in(built)
    etag = (await client.get("/", scheme="https")).headers["ETag"]
    again = await client.get("/", scheme="https", headers={"If-None-Match": etag})
    assert (again.status_code, await again.get_data()) == (304, b"")


async def test_a_spent_link_shows_a_person_the_way(built: House) -> None:
    answer = await built.app.test_client().get("/signin/si_spent", headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, await answer.get_data()) == (401, b"<p>sign in")


@pytest.mark.parametrize(("path", "text"), [("/watch/pb_x", b"<p>watch"), ("/docs", b"<p>docs")])
async def test_open_pages_allow_nothing_from_elsewhere(built: House, path: str, text: bytes) -> None:
    answer = await built.app.test_client().get(path)
    assert (answer.status_code, await answer.get_data()) == (200, text)
    assert answer.content_type == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "http" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever_and_others_asked_for_again(built: House) -> None:
    client = built.app.test_client()
    script = await client.get("/assets/watch-ABCDEFG1.js")
    assert "immutable" in script.headers["Cache-Control"]
    assert script.content_type == "text/javascript; charset=utf-8"
    style = await client.get("/assets/plain.css")
    assert style.headers["Cache-Control"] == "no-cache"
    again = await client.get("/assets/plain.css", headers={"If-None-Match": style.headers["ETag"]})
    assert (again.status_code, await again.get_data()) == (304, b"")


@pytest.mark.parametrize(
    "name", ["../library.html", "%2e%2e/library.html", "..%2flibrary.html", "", "x.js", "/etc/passwd"]
)
async def test_nothing_but_assets_is_found_there(built: House, name: str) -> None:
    assert (await built.app.test_client().get(f"/assets/{name}")).status_code in (308, 404)


async def test_without_a_build_the_pages_say_how_to_make_one(house: House) -> None:
    house.app.extensions[pages.EXTENSION] = {}
    for path in ("/", "/watch/pb_x", "/docs", "/assets/x"):
        status, code, detail = await problem(await house.app.test_client().get(path))
        assert (status, code) == (404, "not_found")
        assert "make assets" in detail
