"""What happens when a publisher changes, goes, comes back or is replaced."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bench.viewers import StockPage
from tests.support import ffmpeg
from tests.support.browser import chromium, executable
from tests.support.hls import follow, newest_part, parsed, playlist, until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

LARGER = [("size=320x180" in word and word.replace("320x180", "640x360")) or word for word in ffmpeg.source()]

B_FRAMES = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "60", "-sc_threshold", "0"]


def ending(video_s: float, audio_s: float) -> list[str]:
    """Arguments for a source of B-frames and sound that end at times of their own."""
    inputs = [("-re", "-t", str(video_s), *ffmpeg.VIDEO), ("-re", "-t", str(audio_s), *ffmpeg.AUDIO)]
    return [*inputs[0], *inputs[1], *B_FRAMES, "-pix_fmt", "yuv420p", *ffmpeg.AAC]


async def test_a_second_publisher_takes_over_and_viewers_go_on(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()) as first:
            await until_live(running, stream)
            before = newest_part(await playlist(running, stream))
            async with ffmpeg.publishing(stream.rtmp_url, LARGER):
                text = await follow(running, stream, until="EXT-X-DISCONTINUITY\n(?s:.*)1-init-1.mp4")
                await asyncio.wait_for(first.wait(), 15)
                assert newest_part(text) > before
                await follow(running, stream, until=r"1-init-1.mp4(?s:.*)EXTINF")
                assert (await running.state(stream))["state"] == "live"
                await ffmpeg.decode_some(stream.hls_url)


async def test_a_publisher_that_comes_back_continues_the_same_playlist(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=30)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
        await running.until_state(stream, "reconnecting")
        before = newest_part(await playlist(running, stream))
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            text = await follow(running, stream, until="EXT-X-DISCONTINUITY\n")
            assert newest_part(text) > before
            assert "ENDLIST" not in text


@pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
async def test_a_publisher_that_left_right_after_a_key_frame_is_seen_again_when_it_is_back(tmp_path: Path) -> None:
    """It leaves two pictures and no sound in the last segment: stock hls.js stood still before a gap of sound."""
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(reconnect_window_s=60)
        first = asyncio.create_task(ffmpeg.publish(stream.rtmp_url, ending(4.05, 3.95)))
        await running.until_state(stream, "live")
        page = await StockPage().open(context, running.url, stream.token, stream.playback_id)
        await first
        await running.until_state(stream, "reconnecting")
        shown, heard = [parsed(await playlist(running, stream, each)).segments[-1] for each in ("v0", "a0")]
        assert shown.duration < 0.2, "the clip does not end right after a key frame"
        assert heard.gap_tag is None
        await asyncio.sleep(1)  # as long as an encoder takes to come back
        async with ffmpeg.publishing(stream.rtmp_url, ending(20, 20)):
            await page.wait_for_function("() => document.querySelector('video').currentTime > 6.5", timeout=15_000)


async def test_disconnect_ends_at_once(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=300)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()) as publisher:
            await until_live(running, stream)
            await running.post(f"/v1/streams/{stream.id}/disconnect")
            assert "#EXT-X-ENDLIST" in await playlist(running, stream)
            assert (await running.state(stream))["state"] == "ended"
            await asyncio.wait_for(publisher.wait(), 15)


async def test_the_next_broadcast_never_uses_a_uri_again(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        seen: set[str] = set()
        for _ in range(2):
            await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=4.5, audio=False, realtime=False))
            text = await playlist(running, stream)
            uris = {segment.uri for segment in parsed(text).segments}
            assert uris
            assert not uris & seen
            seen |= uris
