"""hls.js, dash.js and Shaka Player play films from the first picture to the last, in Chromium."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.films.made import FILMS, SECONDS
from tests.support.browser import chromium, executable
from tests.support.dash_players import DASH_JS, HLS_JS, SHAKA, until

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

    from tests.e2e.films.library import Shown
    from tests.e2e.films.made import Film
    from tests.support.dash_players import Stock
    from tests.support.node import Node

pytestmark = [
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.skipif(executable() is None, reason="there is no Chromium here"),
    pytest.mark.timeout(300),
]
SEEN = {name: film for name, film in FILMS.items() if film.browsers}
PATIENCE_S = 60.0
FEWEST = 20
"""Pictures that any film has; a busy browser leaves out some."""
MOST_LACKING_S = 0.15


async def played(context: BrowserContext, player: Stock, node: Node, shown: Shown) -> dict[str, Any]:
    """What a page says at the end."""
    page = await player.open(context, node.url, shown.token, shown.asset["playback_id"])
    try:
        return await until(page, "r.ended || r.errors.length", wait_s=PATIENCE_S)
    finally:
        await page.close()


def wrong(film: Film, said: dict[str, Any]) -> list[str]:
    """What is not as it should be."""
    size = film.size if film.pictures else (0, 0)
    expected = {
        "errors": said["errors"] == [],
        "ended": said["ended"],
        "position": abs(said["position"] - SECONDS) < MOST_LACKING_S,
        "frames": said["frames"] >= FEWEST or not film.pictures,
        "size": (said["width"], said["height"]) == size,
    }
    return [name for name, good in expected.items() if not good]


@pytest.mark.parametrize("player", [HLS_JS, DASH_JS, SHAKA], ids=lambda player: player.name)
async def test_films_play_to_their_end(node: Node, library: dict[str, Shown], player: Stock) -> None:
    said = {}
    async with chromium() as context:

        async def watch(name: str) -> None:
            said[name] = await played(context, player, node, library[name])

        async with asyncio.TaskGroup() as viewers:
            for name in SEEN:
                viewers.create_task(watch(name))
    assert {name: (lacks, said[name]) for name, film in SEEN.items() if (lacks := wrong(film, said[name]))} == {}
    assert sorted(said["two languages"]["languages"]) == ["de", "en"]
