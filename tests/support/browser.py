"""A real browser for tests and benches: Debian's Chromium, headless, driven by Playwright.

`chromium()` gives a browser context with our barcode reader in every page; `Watch` opens a watch page and reads what it
says of itself (`window.headwater`) and what stands in the picture (the test card's clock).
"""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import BrowserContext, Page

READER: Final = Path(__file__).with_name("barcode.js")
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MENDED: Final = frozenset({"bufferStalledError", "bufferNudgeOnStall", "bufferSeekOverHole", "bufferAppendNoProgress"})
"""What hls.js reports and mends where publisher, server or browser get too little of the machine: the buffer runs dry,
the picture sticks or comes late, and a publisher that skips frames leaves holes in it."""
WAIT_S: Final = 30.0
"""For a condition in the page; long enough for a busy machine."""


def executable() -> str | None:
    """Path of Chromium: `CHROMIUM`, or the one on the path; None if there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def chromium(*, width: int = 1280, height: int = 900) -> AsyncIterator[BrowserContext]:
    """Start a browser with an empty profile, which goes with it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        try:
            context = await browser.new_context(viewport={"width": width, "height": height})
            await context.add_init_script(path=READER)
            yield context
        finally:
            await browser.close()


async def beside(context: BrowserContext) -> BrowserContext:
    """Give another context of the same browser, with a cache of its own.

    Within one cache Chromium lets a second request for an address wait for the first, up to 20 s: players that watch
    the same stream there hold each other up, as those of two people never do.
    """
    assert context.browser
    other = await context.browser.new_context(viewport=context.pages[0].viewport_size if context.pages else None)
    await other.add_init_script(path=READER)
    return other


@dataclass(frozen=True, slots=True)
class Watch:
    """An open watch page."""

    page: Page
    complaints: list[str]
    """What the browser complained about: uncaught exceptions and refusals by the Content-Security-Policy."""

    @classmethod
    async def open(cls, context: BrowserContext, address: str) -> Watch:
        """Open `/watch/<playback_id>#t=<token>`."""
        watch = cls.follow(await context.new_page())
        await watch.page.goto(address)
        return watch

    @classmethod
    def follow(cls, page: Page) -> Watch:
        """Listen to a page that is, or will be, a watch page."""
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        return cls(page, complaints)

    async def reading(self) -> dict[str, Any]:
        """Everything that the page says of itself: phase, delay, buffer, rate, stalls, errors, …"""
        said: dict[str, Any] = await self.page.evaluate("() => window.headwater.all")
        return said

    async def trouble(self) -> list[dict[str, Any]]:
        """The page's errors, without those that a busy machine causes."""
        errors = (await self.reading())["errors"]
        return [fault for fault in errors if fault["fatal"] or fault["details"] not in MENDED]

    async def until(self, condition: str, wait_s: float = WAIT_S) -> None:
        """Wait until a JavaScript condition on the reading `h` holds, such as `h.phase === "playing"`.

        Until the page is a watch page, and has loaded, there is no reading and no condition holds.
        """
        await self.page.wait_for_function(
            f"() => {{ const h = window.headwater?.all; return Boolean(h && ({condition})); }}", timeout=wait_s * 1000
        )

    async def picture_time(self) -> float:
        """Wait for a picture with a readable clock, and give its time, unix seconds."""
        handle = await self.page.wait_for_function(
            "() => window.headwaterBarcode(document.querySelector('video'))", timeout=WAIT_S * 1000
        )
        return float(await handle.json_value()) / 1000

    async def until_picture_is_later_than(self, unix_s: float) -> None:
        """Wait until the picture shows a time after the given one: it moves, and it is the live one."""
        script = "(ms) => window.headwaterBarcode(document.querySelector('video')) > ms"
        await self.page.wait_for_function(script, arg=unix_s * 1000, timeout=WAIT_S * 1000)
