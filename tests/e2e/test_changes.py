"""What happens when a publisher changes, goes, comes back or is replaced."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support import ffmpeg
from tests.support.hls import follow, newest_part, parsed, playlist, until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

LARGER = [("size=320x180" in word and word.replace("320x180", "640x360")) or word for word in ffmpeg.source()]


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
