"""A low-latency HLS client reduced to what tests look at."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import m3u8

if TYPE_CHECKING:
    from tests.support.running import Headwater, Stream

PART = re.compile(r'#EXT-X-PART:.*URI="1-(\d+)\.(\d+)\.m4s"')


async def until_live(running: Headwater, stream: Stream) -> str:
    """Wait until the stream plays; gives back its multivariant playlist."""
    async with asyncio.timeout(30):
        while (answer := await running.get(stream.hls_url)).status_code != 200:
            assert answer.json()["code"] == "stream_offline", answer.text
            await asyncio.sleep(0.1)
        return answer.text


async def playlist(running: Headwater, stream: Stream, rendition: str = "v0", query: str = "") -> str:
    """A media playlist's text."""
    answer = await running.get(f"{stream.base}{rendition}/index.m3u8{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


def newest_part(text: str) -> tuple[int, int]:
    """Media sequence and part number of the last part in a playlist."""
    msn, part = PART.findall(text)[-1]
    return int(msn), int(part)


def parsed(text: str) -> m3u8.M3U8:
    """The playlist as the m3u8 package reads it."""
    return m3u8.loads(text)


async def follow(running: Headwater, stream: Stream, *, rendition: str = "v0", until: str, limit_s: float = 30) -> str:
    """Reload, blocking for the next part each time, until the regular expression `until` is found in the playlist."""
    text = await playlist(running, stream, rendition)
    async with asyncio.timeout(limit_s):
        while not re.search(until, text):
            msn, part = newest_part(text)
            text = await playlist(running, stream, rendition, f"?_HLS_msn={msn}&_HLS_part={part + 1}")
    return text
