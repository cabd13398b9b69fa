"""A page that plays, and what it did at which moment: so that a picture that stood still can be explained afterwards.

Requests are noted with their answers here, the player's events and the standstills in the page (`standstill.js`).
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.viewers import PLAYING, START_MS

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Request, Response

    from bench.viewers import Viewer

SCRIPT: Final = Path(__file__).with_name("standstill.js")
MOST_NOTES: Final = 20_000
"""Of requests between two readings: ten minutes of them."""
BEFORE_S, AFTER_S = 10.0, 3.0
"""What is written of the time around a standstill."""


@dataclass(frozen=True, slots=True)
class Stand:
    """The picture stood still, Unix seconds, at a position on the media timeline."""

    since: float
    until: float
    position: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.until - self.since


@dataclass  # without slots, for Playwright leaves a mark on whom it calls
class Witness:
    """One page. `stands` and `errors` are all so far; `notes` those since the last reading, and shortly before."""

    name: str
    page: Page
    stands: list[Stand] = field(default_factory=list)
    notes: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=MOST_NOTES))
    fatal: list[str] = field(default_factory=list)

    @classmethod
    async def watch(cls, viewer: Viewer, context: BrowserContext, base: str, address: tuple[str, str]) -> Witness:
        """Open the page at `address` (token, playback id), and wait until it plays."""
        page = await viewer.open(context, base, *address)
        witness = cls(viewer.name, page)
        page.on("response", witness._answered)
        page.on("requestfailed", witness._failed)
        page.on("pageerror", lambda error: witness.note("exception", str(error)))
        await page.wait_for_function(PLAYING, timeout=START_MS)
        await page.evaluate(SCRIPT.read_text())
        return witness

    def note(self, what: str, detail: str) -> None:
        """Write down that something happened now."""
        self.notes.append((time.time(), what, detail))

    async def read(self) -> list[Stand]:
        """Take over what the page has written down; gives the standstills since the last time."""
        said = await self.page.evaluate("() => window.headwaterStood()")
        fresh = [Stand(since / 1000, until / 1000, position) for since, until, position in said["stands"]]
        self.stands += fresh
        told = [(at / 1000, what, detail) for at, what, detail in said["notes"]]
        self.fatal += [detail for _, what, detail in told if what == "ERROR" and detail.startswith("FATAL")]
        self.fatal += await self._own_fatal()
        self.notes = deque(sorted([*self.notes, *told]), maxlen=MOST_NOTES)
        return fresh

    def story(self, stand: Stand) -> str:
        """What happened around a standstill, line by line, in seconds after its beginning."""
        first, last = stand.since - BEFORE_S, stand.until + AFTER_S
        rows = [note for note in self.notes if first <= note[0] <= last]
        return "".join(f"{at - stand.since:+9.3f}  {what:24} {detail}\n" for at, what, detail in rows)

    async def _own_fatal(self) -> list[str]:
        """Of our page, which keeps a list of its own."""
        told = await self.page.evaluate("() => (window.headwater?.all?.errors ?? []).filter((each) => each.fatal)")
        known = {each for each in self.fatal if each.startswith("{")}
        return [each for each in map(str, told) if each not in known]

    def _answered(self, response: Response) -> None:
        if "/play/" in response.url:
            self.note("answer", f"{response.status} {_short(response.request)}")

    def _failed(self, request: Request) -> None:
        if "/play/" in request.url:
            self.note("no answer", f"{request.failure} {_short(request)}")


def _short(request: Request) -> str:
    """Without host and token."""
    timing: dict[str, Any] = dict(request.timing)
    waited = max(timing["responseStart"], 0.0)
    return f"{'/'.join(request.url.split('/')[6:])} after {waited:.0f} ms"
