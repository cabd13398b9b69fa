"""A viewer that trusts nobody: it follows a stream at one address, and writes down every promise that is broken.

- The numbers of segments and discontinuities never go back, and a number keeps its address.
- What is listed, and no gap, can be had: when it is first seen, and again `LATER_S` later if it is still listed.
- No address ever has two contents, whoever is asked; viewers that share a `Ledger` compare what they got.

A playlist that does not come breaks no promise, nor does an answer that says to try again (5xx, or none at all): then
the segment is asked for again for as long as it is listed. Whether time goes on is asked by `further`; `standstill_s`
tells how long it did not.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import httpx

from packager.names import epoch_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

LATER_S = 40.0
"""Longer than spool and journal keep what is on its way to the store (30 s)."""
POLL_S = 0.25
PATIENCE_S = 60.0
RENDITIONS = ("v0", "a0")
_URI = re.compile(r'URI="([^"]+)"')


@dataclass
class Listing:
    """A media playlist, as far as promises go: addresses are relative to the stream."""

    sequence: int = 0
    discontinuity: int = 0
    numbers: dict[int, str] = field(default_factory=dict)
    """The segments' addresses by their numbers, gaps too."""
    there: set[str] = field(default_factory=set)
    """What can be had for as long as it is listed: segments and init segments."""
    parts: list[str] = field(default_factory=list)

    @property
    def edge(self) -> tuple[int, str]:
        """The last number, and the last part."""
        return max(self.numbers, default=-1), self.parts[-1] if self.parts else ""

    @classmethod
    def read(cls, text: str, rendition: str) -> Self:
        """Take a playlist apart. Gaps are in no set, and can be asked for by nobody."""
        found, gap = cls(), False
        for line in text.splitlines():
            tag, _, rest = line.partition(":")
            if tag == "#EXT-X-MEDIA-SEQUENCE":
                found.sequence = int(rest)
            elif tag == "#EXT-X-DISCONTINUITY-SEQUENCE":
                found.discontinuity = int(rest)
            elif tag == "#EXT-X-GAP":
                gap = True
            elif tag == "#EXT-X-MAP":
                found.there.update(f"{rendition}/{uri}" for uri in _URI.findall(rest))
            elif tag == "#EXT-X-PART" and "GAP=YES" not in rest:
                found.parts += [f"{rendition}/{uri}" for uri in _URI.findall(rest)]
            elif line and not line.startswith("#"):
                found._add(f"{rendition}/{line}", gap=gap)
                gap = False
        return found

    def _add(self, uri: str, *, gap: bool) -> None:
        self.numbers[self.sequence + len(self.numbers)] = uri
        if not gap:
            self.there.add(uri)


@dataclass
class Ledger:
    """What each address was seen to hold, by whomever."""

    contents: dict[str, str] = field(default_factory=dict)
    twofold: list[str] = field(default_factory=list)

    def note(self, uri: str, body: bytes, by: str) -> None:
        """Compare with what was seen before."""
        digest = hashlib.sha256(body).hexdigest()
        if self.contents.setdefault(uri, digest) != digest:
            self.twofold.append(f"{uri} has other contents for {by}: {len(body)} bytes")


class Checker:
    """One viewer of the stream below `base`, which ends in a slash."""

    def __init__(self, name: str, base: str, ledger: Ledger, poll_s: float = POLL_S) -> None:
        self.name = name
        self._poll_s = poll_s
        self.ledger = ledger
        self.broken: list[str] = []
        """Promises."""
        self.standstill_s = 0.0
        """The longest time in which the edge stood still."""
        self._http = httpx.AsyncClient(base_url=base, timeout=30)
        self._listings: dict[str, Listing] = {}
        self._numbers: dict[str, dict[int, str]] = {rendition: {} for rendition in RENDITIONS}
        self._got: dict[str, float] = {}
        self._again: set[str] = set()
        self._wanted: dict[str, str] = {}
        """Listed and not had yet, with the reason."""
        self._grown_at: float | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        async with self._http:
            while True:
                for rendition in RENDITIONS:
                    await self._turn(rendition)
                await asyncio.sleep(self._poll_s)

    @property
    def complaints(self) -> list[str]:
        """All that was wrong so far."""
        return [*(f"{self.name}: {each}" for each in self.broken), *self.ledger.twofold]

    @property
    def number(self) -> int:
        """The last segment that all renditions list."""
        return min((max(each, default=-1) for each in self._numbers.values()), default=-1)

    @property
    def epoch(self) -> int:
        """Under which number the newest part was written, -1 before there is any."""
        return max((epoch_of(part) for each in self._listings.values() for part in each.parts[-1:]), default=-1)

    async def further(self, segments: int = 2) -> None:
        """Wait until so many more segments were seen."""
        goal = self.number + segments
        async with asyncio.timeout(PATIENCE_S):
            while self.number < goal:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(POLL_S)

    async def until_looked_at_again(self) -> None:
        """Wait until all that is listed now has been had, and had again after `LATER_S`."""
        wanted = self._listed()
        async with asyncio.timeout(LATER_S + PATIENCE_S):
            while wanted & self._listed() - self._again:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(POLL_S)

    async def statuses(self, which: slice = slice(None)) -> dict[int, set[str]]:
        """Ask at once for these of the segments that each rendition lists now: addresses by status of the answer."""
        wanted = [
            uri for each in self._listings.values() for uri in list(each.numbers.values())[which] if uri in each.there
        ]
        answers = await asyncio.gather(*map(self._http.get, wanted))
        found: dict[int, set[str]] = {}
        for uri, answer in zip(wanted, answers, strict=True):
            if uri in self._listed():  # it may have left meanwhile
                found.setdefault(answer.status_code, set()).add(uri)
                if answer.is_success:
                    self.ledger.note(uri, answer.content, self.name)
        return found

    def _listed(self) -> set[str]:
        return {uri for listing in self._listings.values() for uri in listing.there}

    async def _turn(self, rendition: str) -> None:
        answer = await self._get(f"{rendition}/index.m3u8")
        if answer is not None and answer.is_success:
            self._take(rendition, Listing.read(answer.text, rendition))
            await self._fetch(rendition)

    def _take(self, rendition: str, now: Listing) -> None:
        """Compare a playlist with the one before it."""
        before = self._listings.get(rendition, now)
        self._listings[rendition] = now
        known = self._numbers[rendition]
        if now.sequence < before.sequence or max(now.numbers, default=-1) < max(before.numbers, default=-1):
            self.broken.append(f"the numbers of {rendition} go back: {_span(before)}, then {_span(now)}")
        if now.discontinuity < before.discontinuity:
            self.broken.append(f"discontinuities of {rendition} go back: {before.discontinuity}, {now.discontinuity}")
        self.broken += [
            f"number {number} was {known[number]} and is {uri}"
            for number, uri in now.numbers.items()
            if known.setdefault(number, uri) != uri
        ]
        known.update(now.numbers)
        self._measure(grown=now.edge != before.edge)
        for uri in before.there - now.there:
            if reason := self._wanted.pop(uri, None):
                self.broken.append(f"{uri} was listed and could never be had: {reason}")

    def _measure(self, *, grown: bool) -> None:
        now = asyncio.get_running_loop().time()
        self.standstill_s = max(self.standstill_s, now - (self._grown_at or now))
        if grown or self._grown_at is None:
            self._grown_at = now

    def _due(self, listing: Listing) -> Iterator[str]:
        now = asyncio.get_running_loop().time()
        for uri in listing.there:
            got = self._got.get(uri)
            if got is None or (now - got >= LATER_S and uri not in self._again):
                yield uri

    async def _fetch(self, rendition: str) -> None:
        """What is new, and what is due to be looked at again."""
        listing = self._listings[rendition]
        for uri in [part for part in listing.parts if part not in self._got]:
            answer = await self._get(uri)
            if answer is not None and answer.is_success:
                self._got[uri] = 0.0
                self.ledger.note(uri, answer.content, self.name)
        for uri in list(self._due(listing)):
            self._judge(uri, await self._get(uri))

    def _judge(self, uri: str, answer: httpx.Response | None) -> None:
        seen_before = uri in self._got
        if answer is None or answer.status_code >= 500:
            self._wanted[uri] = "no answer" if answer is None else str(answer.status_code)
            return
        self._wanted.pop(uri, None)
        if not answer.is_success:
            self.broken.append(f"{uri} is listed and answers {answer.status_code}{' later' if seen_before else ''}")
            self._again.add(uri)
        else:
            self.ledger.note(uri, answer.content, self.name)
        if seen_before:
            self._again.add(uri)
        self._got.setdefault(uri, asyncio.get_running_loop().time())

    async def _get(self, path: str) -> httpx.Response | None:
        try:
            return await self._http.get(path)
        except httpx.HTTPError:
            return None


def _span(listing: Listing) -> str:
    return f"{listing.sequence} to {max(listing.numbers, default=-1)}"


@asynccontextmanager
async def checking(*checkers: Checker) -> AsyncIterator[None]:
    """Let them watch."""
    tasks = [asyncio.create_task(each.run()) for each in checkers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
