"""Seeking back while live: the window, what comes from the store, and what is collected."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support import ffmpeg
from tests.support.hls import parsed, playlist
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_window_slides_older_segments_come_from_the_store_and_expired_ones_go(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=30, dvr_window_s=20)
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=90, realtime=False))
        await running.until_state(stream, "reconnecting")
        for rendition in ("v0", "a0"):
            window = parsed(await playlist(running, stream, rendition))
            assert 20 <= sum(segment.duration for segment in window.segments if segment.uri) <= 24
            assert window.media_sequence > 20
            oldest = window.segments[0]
            whole = await running.get(f"{stream.base}{rendition}/{oldest.uri}")
            assert whole.status_code == 200
            name = f"{rendition}/{oldest.uri}"
            channel = running.server.director.channel(stream.playback_id)
            assert channel
            assert channel.spool.get(name) is None, "it was to come from the store"
            ranged = await running.get(f"{stream.base}{name}", headers={"Range": "bytes=7-99"})
            assert (ranged.status_code, ranged.content) == (206, whole.content[7:100])
            (stored,) = (tmp_path / "objects").glob(f"tn_*/bc_*/{name}")
            assert stored.read_bytes() == whole.content
            async with asyncio.timeout(10):
                while list((tmp_path / "objects").glob(f"tn_*/bc_*/{rendition}/1-0.m4s")):  # noqa: ASYNC110 - a disk tells nothing
                    await asyncio.sleep(0.05)
            gone = await running.get(f"{stream.base}{rendition}/1-0.m4s")
            assert gone.status_code == 404
