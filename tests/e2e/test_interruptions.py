"""hls.js (our page), dash.js and Shaka Player watch one stream side by side while it is interrupted, and play on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bench.viewers import PLAYING, StockPage
from player_demo import build
from tests.support import ffmpeg
from tests.support.browser import MENDED, Watch, beside, chromium, executable
from tests.support.cluster import cluster
from tests.support.dash_players import DASH_JS, SHAKA, reading
from tests.support.hls import until_live
from tests.support.node import Node, publishing_in_a_loop
from tests.support.running import headwater

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

    from tests.support.running import Stream

pytestmark = [
    pytest.mark.skipif(executable() is None, reason="there is no Chromium here"),
    pytest.mark.timeout(240),
]
WAIT_S = 60.0
BLIP_S = 5.0
FURTHER_S = 10.0
"""More than any of them has in its buffer, and than the interruptions last: what it plays then came after them."""
CRITICAL = " 2"
"""Shaka Player's word for what it cannot mend; it tells of what it mends, too."""
POSITION = "document.querySelector('video').currentTime"


@dataclass(frozen=True)
class Audience:
    """Three pages that play."""

    page: Watch
    stock: dict[str, Page]

    @classmethod
    async def gather(cls, stack: AsyncExitStack, node: Node, stream: Stream) -> Audience:
        """Open all three, and wait until each has played for a moment."""
        assert build.main() == 0
        context = await stack.enter_async_context(chromium())
        page = await Watch.open(context, f"{node.url}/watch/{stream.playback_id}#t={stream.token}")
        await page.until('h.phase === "playing" && h.delay !== null', wait_s=WAIT_S)
        stock = {
            player.name: await player.open(await beside(context), node.url, stream.token, stream.playback_id)
            for player in (DASH_JS, SHAKA)
        }
        audience = cls(page, stock)
        await audience.plays_on(3.0)
        return audience

    async def plays_on(self, seconds: float = FURTHER_S) -> None:
        """Wait until each of them has come so much further."""
        await asyncio.gather(*(_plays_on(page, seconds) for page in (self.page.page, *self.stock.values())))

    async def fatal_errors(self) -> dict[str, list[Any]]:
        """What any of them could not mend by itself."""
        ours = [fault for fault in (await self.page.reading())["errors"] if fault.get("fatal")]
        found = {"our page": ours, **{name: (await reading(page))["errors"] for name, page in self.stock.items()}}
        found[SHAKA.name] = [error for error in found[SHAKA.name] if error.endswith(CRITICAL)]
        return {name: errors for name, errors in found.items() if errors}


async def _plays_on(page: Page, seconds: float) -> None:
    position = await page.evaluate(f"() => {POSITION}")
    await page.wait_for_function(f"() => {POSITION} > {position + seconds}", timeout=WAIT_S * 1000)


@asynccontextmanager
async def lone_server(folder: Path, *, kept_sockets: bool = False) -> AsyncIterator[tuple[Node, Stream]]:
    node = Node(folder, kept_sockets=kept_sockets)
    await node.start()
    try:
        yield node, await node.stream()
    finally:
        await node.stop()
        for each in node.listening:
            each.close()


async def test_an_encoder_that_is_away_for_a_moment(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        node, stream = await stack.enter_async_context(lone_server(tmp_path))
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            audience = await Audience.gather(stack, node, stream)
        await asyncio.sleep(BLIP_S)  # the blip itself
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await audience.plays_on()
            assert await audience.fatal_errors() == {}


async def test_hls_js_as_it_comes_notices_nothing_on_its_line_while_an_encoder_is_away(tmp_path: Path) -> None:
    """Reloads for what does not come are answered before it takes them for lost, fatally or not."""
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(reconnect_window_s=60)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            page = await StockPage().open(context, running.url, stream.token, stream.playback_id)
            await page.wait_for_function(PLAYING, timeout=WAIT_S * 1000)
            await _plays_on(page, 3.0)
        await asyncio.sleep(BLIP_S)  # the blip itself
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await _plays_on(page, FURTHER_S)
        errors: list[str] = await page.evaluate("() => errors")
        assert [error for error in errors if error.split()[1] not in MENDED or error.endswith("true")] == []


async def test_a_server_that_is_killed_and_started_again(tmp_path: Path) -> None:
    """Its sockets listen all the time: dash.js 5.2 gives up for good when nobody does for a second."""
    async with AsyncExitStack() as stack:
        node, stream = await stack.enter_async_context(lone_server(tmp_path, kept_sockets=True))
        await stack.enter_async_context(publishing_in_a_loop([stream.rtmp_url], ffmpeg.source()))
        audience = await Audience.gather(stack, node, stream)
        await node.kill()
        await node.start()
        await audience.plays_on()
        assert await audience.fatal_errors() == {}


async def test_the_publishers_node_is_killed(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(cluster(tmp_path))
        first, second = running.nodes
        stream = await first.stream()
        await stack.enter_async_context(publishing_in_a_loop(running.rtmp_urls(stream.key), ffmpeg.source()))
        audience = await Audience.gather(stack, second, stream)
        await first.kill()
        await audience.plays_on()
        assert await audience.fatal_errors() == {}
