"""The players that are compared, all in headless Chromium: our watch page, and others as they come."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import player_demo
from tests.support.browser import chromium
from tests.support.dash_players import DASH_JS, SHAKA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import BrowserContext, Page

HLS_JS = Path(player_demo.__file__).parent / "node_modules/hls.js/dist/hls.min.js"
STOCK = """<!doctype html><title>hls.js as it comes</title><video muted autoplay playsinline width="1280"></video>
<script src="/bench/hls.js"></script><script>
const hls = new Hls({{ lowLatencyMode: true, {options} }}), errors = [];
hls.on(Hls.Events.ERROR, (_, data) => errors.push(`${{data.type}} ${{data.details}} ${{data.fatal}}`));
hls.loadSource("{playlist}");
hls.attachMedia(document.querySelector("video"));
</script>"""
PLAYING = (
    "() => { const v = document.querySelector('video'); return v && v.currentTime > 0 && !v.paused && v.videoWidth }"
)
START_MS = 30_000


@dataclass(frozen=True, slots=True)
class Watched:
    """Delays of all pictures shown, seconds in rising order; times that the picture stood still for want of data.

    `requests` are those for playlists and media, a second.
    """

    delays: list[float]
    stalls: int
    requests: float

    def percentile(self, share: float) -> float:
        """Delay that so large a share of the pictures stay below."""
        return self.delays[min(int(len(self.delays) * share), len(self.delays) - 1)]


class Viewer(Protocol):
    """A way to watch."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    async def open(self, context: BrowserContext, base: str, token: str, playback_id: str) -> Page:
        """Begin to watch."""


@dataclass(frozen=True, slots=True)
class OurPage:
    """`/watch/<playback_id>`."""

    name: str = "our page"

    async def open(self, context: BrowserContext, base: str, token: str, playback_id: str) -> Page:
        """Open it like a viewer."""
        page = await context.new_page()
        await page.goto(f"{base}/watch/{playback_id}#t={token}")
        return page


@dataclass(frozen=True, slots=True)
class StockPage:
    """A page with hls.js and nothing else, from the same origin; `options` in JavaScript."""

    name: str = "hls.js, its defaults"
    options: str = ""

    async def open(self, context: BrowserContext, base: str, token: str, playback_id: str) -> Page:
        """The page comes out of this file, the stream from the server."""
        page = await context.new_page()
        html = STOCK.format(options=self.options, playlist=f"/play/{token}/{playback_id}/index.m3u8")
        await page.route("**/bench/stock", lambda route: route.fulfill(body=html, content_type="text/html"))
        await page.route("**/bench/hls.js", lambda route: route.fulfill(path=HLS_JS, content_type="text/javascript"))
        await page.goto(f"{base}/bench/stock")
        return page


VIEWERS: tuple[Viewer, ...] = (
    OurPage(),
    StockPage(),
    StockPage("hls.js, speeding up to 1.2", "maxLiveSyncPlaybackRate: 1.2"),
    DASH_JS,
    SHAKA,
)


@asynccontextmanager
async def _playing(viewer: Viewer, base: str, token: str, playback_id: str) -> AsyncIterator[Page]:
    async with chromium() as context:
        page = await viewer.open(context, base, token, playback_id)
        await page.wait_for_function(PLAYING, timeout=START_MS)
        yield page


async def watch(viewer: Viewer, base: str, address: tuple[str, str], *, settle_s: float, seconds: float) -> Watched:
    """Watch `address` (token, playback id), and measure for `seconds` after `settle_s`."""
    async with _playing(viewer, base, *address) as page:
        await asyncio.sleep(settle_s)
        await page.evaluate("() => window.headwaterFollow(document.querySelector('video'))")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/play/" in request.url else None)
        await asyncio.sleep(seconds)
        seen: list[tuple[float, float, int]] = await page.evaluate("() => window.headwaterSeen")
    if not seen:
        raise RuntimeError(f"{viewer.name}: no picture with a readable clock was shown")
    return Watched(sorted((shown - inside) / 1000 for shown, inside, _ in seen), seen[-1][2], len(asked) / seconds)
