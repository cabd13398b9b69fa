"""A newcomer's first minute: the demo's link, the library, the moving picture behind a token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from player_demo import build
from tests.support.browser import Watch, chromium, executable
from tests.support.demo import demo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Chromium here")


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


async def test_without_a_good_token_there_is_no_picture_but_a_sentence(tmp_path: Path) -> None:
    assert build.main() == 0
    async with demo(tmp_path / "data") as running, chromium() as context:
        watch = await Watch.open(context, f"{running.base}/watch/pb_none#t=not.a.token")
        await watch.until('h.phase === "refused"')
        said = await watch.reading()
        assert said["code"] == "token_invalid"
        assert said["sentence"]
        assert await watch.page.inner_text("#notice-text") == said["sentence"]
