"""dash.js and Shaka Player as they come, in Chromium: at the edge and further back, over a pause, and to the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.support import ffmpeg
from tests.support.browser import chromium, executable
from tests.support.dash_players import DASH_JS, SHAKA, Stock, reading, until
from tests.support.hls import until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(executable() is None, reason="there is no Chromium here"),
    pytest.mark.timeout(240),
]
LARGER = [word.replace("size=320x180", "size=640x360") for word in ffmpeg.source()]
AWAY_S = 14.0
"""Longer than dash.js lets itself be behind of its own accord (12 s and what it aims at)."""
PLAYERS = pytest.mark.parametrize("player", [DASH_JS, SHAKA], ids=["dash.js", "shaka"])


@PLAYERS
async def test_a_stream_plays_through_all_that_happens(tmp_path: Path, player: Stock) -> None:
    """Without one error: live, from further back, over a pause and with another picture size, and to the end."""
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(reconnect_window_s=60)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            page = await player.open(context, running.url, stream.token, stream.playback_id)
            begun = await until(page, "r.frames > 90")
            await until(page, f"r.position > {begun['position'] + 4}")
            now = await reading(page)
            await page.evaluate("() => { video.currentTime -= 6; }")
            await until(page, f"r.position < {now['position']} && r.frames > {now['frames'] + 60}")
        await running.until_state(stream, "reconnecting")
        async with ffmpeg.publishing(stream.rtmp_url, LARGER):
            again = await until(page, "r.width === 640", wait_s=60)
            await until(page, f"r.frames > {again['frames'] + 60}")
            await running.post(f"/v1/streams/{stream.id}/disconnect")
            end = await until(page, "r.ended", wait_s=60)
        assert end["errors"] == []


@PLAYERS
async def test_a_publisher_that_takes_over_with_another_size_is_played(tmp_path: Path, player: Stock) -> None:
    """At that moment the player has asked for a segment that comes behind another init segment, or is about to."""
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            page = await player.open(context, running.url, stream.token, stream.playback_id)
            await until(page, "r.frames > 90")
            for words, width in ((LARGER, 640), (ffmpeg.source(), 320), (LARGER, 640)):
                async with ffmpeg.publishing(stream.rtmp_url, words):
                    again = await until(page, f"r.width === {width}", wait_s=30)
                    seen = await until(page, f"r.frames > {again['frames'] + 60}")
        assert seen["errors"] == []


@PLAYERS
async def test_a_publisher_that_was_away_for_longer_is_played(tmp_path: Path, player: Stock) -> None:
    """A player may wait for as long again, if it takes the gap for something that is to come."""
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(reconnect_window_s=60)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            page = await player.open(context, running.url, stream.token, stream.playback_id)
            await until(page, "r.frames > 90")
        await asyncio.sleep(AWAY_S)  # the absence itself
        before = await reading(page)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            again = await until(page, f"r.frames > {before['frames'] + 90}", wait_s=60)
        assert again["errors"] == []


@PLAYERS
async def test_without_a_good_token_nothing_plays(tmp_path: Path, player: Stock) -> None:
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream()
        other = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            page = await player.open(context, running.url, other.token, stream.playback_id)
            refused = await until(page, "r.errors.length > 0")
            assert refused["frames"] == 0


@PLAYERS
async def test_a_stream_without_parts_plays(tmp_path: Path, player: Stock) -> None:
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(latency="standard")
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            page = await player.open(context, running.url, stream.token, stream.playback_id)
            playing = await until(page, "r.frames > 150", wait_s=60)
        assert playing["errors"] == []
