"""The watch page with a film: keys, speed, places, sound tracks, both players, a phone, and what goes wrong."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from player_demo import build
from tests.support import two_sounds
from tests.support.browser import Watch, chromium, executable
from tests.support.running import headwater

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import BrowserContext

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
PLAYERS = pytest.mark.parametrize("player", ["hls", "dash"])
VIDEO = "document.querySelector('video')"
PHONE = (390, 780)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert build.main() == 0
    return two_sounds.made(tmp_path_factory.mktemp("film") / "film")


@asynccontextmanager
async def watching(
    data_dir: Path, film: Path, player: str = "hls", size: tuple[int, int] = (1280, 900)
) -> AsyncIterator[tuple[Watch, BrowserContext]]:
    """Open the film's page, and wait for pictures."""
    async with headwater(data_dir) as running, chromium(width=size[0], height=size[1]) as context:
        path = await two_sounds.serve(context, film)
        watch = await Watch.open(context, f"{running.url}{path}&player={player}")
        await watch.until("h.film && h.started && h.frames > 10")
        yield watch, context


async def press(watch: Watch, *keys: str) -> None:
    """Press keys with nothing in focus."""
    await watch.page.evaluate("() => document.activeElement.blur()")
    for key in keys:
        await watch.page.keyboard.press(key)


async def stands_at(watch: Watch, place: float) -> None:
    """Wait until a paused film has got to a place, to half a frame."""
    try:
        await watch.until(f"Math.abs(h.position - {place}) < 0.025 && !{VIDEO}.seeking")
    except PlaywrightTimeoutError as error:
        raise AssertionError(f"it is not at {place}: {await watch.reading()}") from error


async def test_keys_move_a_film(tmp_path: Path, film: Path) -> None:
    """By hls.js: dash.js 5.2 does not come to the end of one seek in some fifty on a busy machine."""
    async with watching(tmp_path, film) as (watch, _):
        assert (await watch.reading())["engine"] == "hls.js"
        await press(watch, "k")
        await watch.page.wait_for_function(f"() => {VIDEO}.paused")
        for key, place in (
            ("5", 12),
            ("ArrowRight", 17),
            ("j", 7),
            ("l", 17),
            ("ArrowLeft", 12),
            ("Home", 0),
            ("9", 21.6),
        ):
            await press(watch, key)
            await stands_at(watch, place)
        await press(watch, "5", ".")
        await stands_at(watch, 12.06)
        for key in ",", ",":
            shown = f"{VIDEO}.currentTime"
            before = await watch.page.evaluate(f"() => {shown}")
            await press(watch, key)
            await watch.page.wait_for_function(f"() => !{VIDEO}.seeking && {shown} < {before}")
        await press(watch, ">", ">")
        assert (await watch.page.inner_text("#toast-words")).startswith("1.5")
        await press(watch, "ArrowUp", "ArrowUp", "ArrowDown")
        assert await watch.page.evaluate(f"() => [{VIDEO}.volume, {VIDEO}.muted]") == [0.1, False]
        await press(watch, "m", "?")
        assert await watch.page.is_visible("#help")
        assert "one frame" in await watch.page.inner_text("#help-list")
        await watch.page.keyboard.press("?")
        assert not await watch.page.is_visible("#help")
        await press(watch, " ")
        await watch.until("h.rate === 1.5 && h.position > 13")
        assert await watch.trouble() == []
        assert watch.complaints == []


async def test_a_film_has_a_place_to_seek_and_an_end_to_come_back_from(tmp_path: Path, film: Path) -> None:
    """By hls.js, as above."""
    async with watching(tmp_path, film) as (watch, _):
        bar = watch.page.get_by_role("slider", name="Place in the film")
        box = await bar.bounding_box()
        assert box
        await watch.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 12)
        assert await watch.page.inner_text("#seek-tip") in {"0:11", "0:12"}
        await watch.page.mouse.down()
        await watch.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 12)
        assert (await watch.reading())["position"] < 10  # it is only shown until the finger is lifted
        await watch.page.mouse.up()
        await watch.until("h.position > 17 && h.position < 20")
        await bar.focus()
        await watch.page.keyboard.press("PageDown")
        await watch.until("h.position > 14 && h.position < 17.5")
        await watch.page.wait_for_function("() => /^1[4-9] seconds of 24 s/.test(seek.getAttribute('aria-valuetext'))")
        assert (await watch.page.inner_text("#times")).endswith(" / 0:24")
        await watch.page.keyboard.press("End")
        await watch.until('h.phase === "finished"')
        assert await watch.page.is_visible("#play")
        assert not await watch.page.is_visible("#notice")
        await watch.page.click("#play")
        await watch.until('h.phase === "playing" && h.position > 0.3 && h.position < 10')
        assert await watch.trouble() == []


@PLAYERS
async def test_sound_tracks_are_chosen_by_name_and_language(tmp_path: Path, film: Path, player: str) -> None:
    async with watching(tmp_path, film, player) as (watch, _):
        await watch.page.click("#settings")
        offered = await watch.page.locator("#menu-sound option").all_inner_texts()
        assert offered == ["German", "Commentary · English" if player == "hls" else "English"]
        async with watch.page.expect_response(lambda answer: "stream2" in answer.url and answer.url.endswith(".m4s")):
            await watch.page.select_option("#menu-sound", label=offered[1])
        await watch.until("h.tracks[1].active")
        frames = (await watch.reading())["frames"]
        await watch.until(f"h.frames > {frames + 30}")
        assert await watch.trouble() == []


async def test_the_other_player_goes_on_at_the_same_place_and_is_remembered(tmp_path: Path, film: Path) -> None:
    async with watching(tmp_path, film) as (watch, context):
        loaded: list[str] = []
        watch.page.on("request", lambda request: loaded.append(request.url))
        await press(watch, "5", ">")
        await watch.until("h.position > 12")
        await watch.page.click("#settings")
        await watch.page.select_option("#menu-player", "dash")
        await watch.until('h.engine === "dash.js" && h.started && h.position > 12 && h.rate === 1.25')
        assert any("dash-player" in url for url in loaded)
        await watch.page.wait_for_function("() => JSON.parse(localStorage['headwater.places'])[0][1] > 11")
        again = await Watch.open(context, watch.page.url.replace("&player=hls", ""))
        await again.until('h.engine === "dash.js" && h.started && h.position > 11')
        assert "Goes on at 0:1" in await again.page.inner_text("#toast")
        await again.page.click("#toast-button")
        await again.until("h.position < 5")
        assert watch.complaints == again.complaints == []


async def test_dash_js_is_not_loaded_by_who_did_not_choose_it(tmp_path: Path, film: Path) -> None:
    async with headwater(tmp_path) as running, chromium() as context:
        page = await context.new_page()
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url))
        watch = Watch.follow(page)
        await page.goto(running.url + await two_sounds.serve(context, film))
        await watch.until("h.frames > 30")
        assert [url for url in loaded if "dash" in url] == []
        assert all(url.startswith((running.url, "blob:", "data:")) for url in loaded)


async def test_a_phone_has_room_for_all_of_it(tmp_path: Path, film: Path) -> None:
    async with watching(tmp_path, film, size=PHONE) as (watch, _):
        await watch.page.click("#settings")
        assert await watch.page.evaluate("() => document.documentElement.scrollWidth") == PHONE[0]
        outside = """() => [...document.querySelectorAll(".box :is(button, select, .seek)")]
          .filter((each) => each.checkVisibility()).map((each) => [each.id, each.getBoundingClientRect()])
          .filter(([, at]) => at.left < 0 || at.right > innerWidth || at.top < 0 || at.height < 26).map(([id]) => id)"""
        assert await watch.page.evaluate(outside) == []


@PLAYERS
async def test_a_film_whose_pieces_are_gone_says_so(tmp_path: Path, film: Path, player: str) -> None:
    async with headwater(tmp_path) as running, chromium() as context:
        path = await two_sounds.serve(context, film, gone=r"chunk-stream0-000(0[4-9]|1\d)\.m4s")
        watch = await Watch.open(context, f"{running.url}{path}&player={player}")
        await watch.until('h.phase === "unplayable"', wait_s=60)
        assert "cannot be had" in await watch.page.inner_text("#notice-text")
