"""A newcomer's first minute: the demo's link, the library, the moving picture behind a token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from player_demo import build
from tests.support import ffmpeg
from tests.support.browser import Watch, chromium, executable
from tests.support.demo import demo
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Chromium here")

MORE_THAN_A_PAGE = 101


async def test_from_the_link_to_the_moving_picture(tmp_path: Path) -> None:
    assert build.main() == 0
    async with demo(tmp_path / "data") as running, chromium() as context:
        library = await context.new_page()
        await library.goto(running.link)
        assert library.url == f"{running.base}/"
        await library.click("#live .card >> text=Watch")
        watch = Watch.follow(library)
        await watch.until('h.phase === "playing" && h.started')
        await watch.until_picture_is_later_than(time.time())
        await watch.until("h.delay !== null && h.delay < 5 && h.frames > 60")
        assert await watch.trouble() == []
        assert watch.complaints == []


async def test_the_film_is_in_the_library_and_plays(tmp_path: Path) -> None:
    assert build.main() == 0
    async with demo(tmp_path / "data") as running, chromium() as context:
        page = await context.new_page()
        await page.goto(running.link)
        link = await page.evaluate(LINK_OF_THE_FILM)
        watch = await Watch.open(context, f"{running.base}{link}")
        await watch.until('h.phase === "playing" && h.started')
        first = await watch.picture_time()
        await watch.until_picture_is_later_than(first + 2)
        assert await watch.trouble() == []
        assert watch.complaints == []


LINK_OF_THE_FILM = """async () => {
  const asked = async (path, body) => {
    const headers = { "Content-Type": "application/json", "X-Requested-With": "headwater" };
    const how = body ? { method: "POST", headers, body: JSON.stringify(body) } : {};
    return (await fetch(path, how)).json();
  };
  for (;;) {
    const film = (await asked("/v1/assets")).items.find((asset) => asset.name === "demo-film.mp4");
    if (film?.state === "ready") {
      const { token } = await asked("/v1/tokens", { scope: "play", playback_id: film.playback_id });
      return `/watch/${film.playback_id}#t=${token}`;
    }
    await new Promise((later) => setTimeout(later, 100));
  }
}"""
"""What a card of the library does, by the API."""


HEADINGS = """() => [...document.querySelectorAll("section")].filter((section) => section.checkVisibility()).map(
  (section) => [
    section.querySelector("h1, h2").textContent,
    [...section.querySelectorAll(".card, .empty")].filter((each) => each.checkVisibility()).length,
  ],
)"""
"""Each section that is to be seen: its heading, and how many cards or sentences stand under it."""


async def test_no_heading_of_the_library_stands_over_nothing(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        library = await context.new_page()
        await library.goto(await running.sign_in_link())
        await library.wait_for_selector("#none")
        assert await library.evaluate(HEADINGS) == [["Live now", 1]]
        stream = await running.stream()
        await library.wait_for_selector("#all .card")
        assert await library.evaluate(HEADINGS) == [["Live now", 1], ["Off the air", 1]]
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await library.wait_for_selector("#live .card")
            assert await library.evaluate(HEADINGS) == [["Live now", 1]]
            for number in range(MORE_THAN_A_PAGE):
                await running.post("/v1/streams", {"name": f"newer {number}"})
            await library.reload()
            await library.wait_for_selector("#live .card")


async def test_without_a_good_token_there_is_no_picture_but_a_sentence(tmp_path: Path) -> None:
    assert build.main() == 0
    async with demo(tmp_path / "data") as running, chromium() as context:
        watch = await Watch.open(context, f"{running.base}/watch/pb_none#t=not.a.token")
        await watch.until('h.phase === "refused"')
        said = await watch.reading()
        assert said["code"] == "token_invalid"
        assert said["sentence"]
        assert await watch.page.inner_text("#notice-text") == said["sentence"]
