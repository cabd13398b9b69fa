"""The library: films and recordings with posters, states and progress, a search, and deleting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from player_demo import build
from tests.support.browser import chromium, executable
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import BrowserContext, Route

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><path fill="#c60" d="M0 0h320v180H0z"/></svg>'


def asset(number: int, name: str, **more: Any) -> dict[str, Any]:
    """An asset in the API's JSON."""
    return {
        "id": f"as_{number}",
        "name": name,
        "state": "ready",
        "playback": "signed",
        "playback_id": f"pb_{number}",
        "stream_id": "",
        "progress": 1,
        "keep_s": None,
        "revision": 1,
        "created_at": 1_780_000_000 + number,
        "updated_at": 1_780_000_000 + number,
        **more,
    }


FILMS = [
    asset(1, "The first recording", duration_s=3725.5, broadcast_id="bc_1", stream_id="st_1"),
    asset(2, "Spring in the mountains", duration_s=65.2, poster=True),
    asset(
        3, "A film that nobody can read", state="failed", error="The file holds no picture that we know.", progress=0
    ),
    asset(4, "Summer, in the making", state="processing", progress=0.426),
    asset(5, "Autumn", state="queued", progress=0),
]


async def shelved(context: BrowserContext) -> tuple[list[dict[str, Any]], list[str]]:
    """Answer for assets that the server does not have; gives what is left of them, and what the page asked for."""
    left, asked = list(FILMS), []

    async def answer(route: Route) -> None:
        request = route.request
        asked.append(f"{request.method} {request.url.partition('/v1/')[2]}")
        if request.method == "DELETE":
            left[:] = [each for each in left if not request.url.endswith(each["id"])]
            await route.fulfill(status=204)
        else:
            await route.fulfill(body=json.dumps({"items": left, "next_cursor": None}), content_type="application/json")

    async def mint(route: Route) -> None:
        asked.append(f"POST {(route.request.post_data_json or {})['playback_id']}")
        await route.fulfill(status=201, body='{"token": "a.b.c"}', content_type="application/json")

    await context.route("**/v1/assets*", answer)
    await context.route("**/v1/assets/*", answer)
    await context.route("**/v1/tokens", mint)
    await context.route("**/play/a.b.c/pb_2/poster.jpg", lambda it: it.fulfill(body=SVG, content_type="image/svg+xml"))
    return left, asked


async def test_what_is_on_demand_is_shown_with_what_there_is_of_it(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        left, asked = await shelved(context)
        page = await context.new_page()
        await page.goto(await running.sign_in_link())
        page.on("dialog", lambda dialog: dialog.accept())
        card = page.locator("#recordings .card")
        await page.wait_for_selector("#recordings .poster img")
        assert await card.locator("h3").all_inner_texts() == [film["name"] for film in reversed(FILMS)]
        assert [line for line in asked if line.startswith("POST")] == ["POST pb_2"]
        assert await card.filter(has_text="The first recording").locator(".duration").inner_text() == "1:02:05"
        making = card.filter(has_text="in the making")
        assert await making.locator("progress").get_attribute("value") == "0.426"
        assert not await making.get_by_text("Watch").is_visible()
        assert "no picture that we know" in await card.filter(has_text="nobody can read").inner_text()
        await page.fill("#search", "spring THE")
        assert await card.locator("h3").all_inner_texts() == ["Spring in the mountains"]
        await page.fill("#search", "winter")
        assert await page.is_visible("#nothing")
        await page.fill("#search", "")
        assert not await page.is_visible("#trouble")
        await card.filter(has_text="nobody can read").get_by_text("Delete").click()
        await page.wait_for_function("() => document.querySelectorAll('#recordings .card').length === 4")
        assert len(left) == 4
        assert "DELETE assets/as_3" in asked
        await card.filter(has_text="Spring").get_by_text("Watch").click()
        await page.wait_for_url("**/watch/pb_2#t=a.b.c")
