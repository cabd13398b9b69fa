"""Publishers that keep to RTMP and are odd all the same: what comes of them, and what their owner is told."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support import ffmpeg
from tests.support.hls import follow, until_live
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, VECTORS, command, media, message, run
from tests.support.running import headwater

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from origin.wire.rtmp.events import Media
    from tests.support.running import Headwater, Stream

AUDIO, VIDEO = 8, 9
TAGS = [tag for tag in media(run([VECTORS["ffmpeg-5.1-h264-aac"]])) if tag.tag_type in {AUDIO, VIDEO}]
HEADERS = [tag for tag in TAGS if tag.payload[1] == 0]
FRAMES = [tag for tag in TAGS if tag.payload[1] == 1]
LAP_S = 0.4
"""What `FRAMES` last."""


def sent(tag: Media, stamp: int) -> bytes:
    return message(tag.tag_type, tag.payload, time=stamp, chunks=4 if tag.tag_type == AUDIO else 6)


@asynccontextmanager
async def publisher(running: Headwater, stream: Stream) -> AsyncIterator[asyncio.StreamWriter]:
    """On the air, with both headers sent."""
    reader, writer = await asyncio.open_connection(*running.server.rtmp_address)
    writer.write(HELLO + CONNECT + CREATE + command("publish", 3.0, None, stream.key, "live", stream=1))
    await reader.readuntil(b"NetStream.Publish.Start")
    writer.write(b"".join(sent(tag, 0) for tag in HEADERS))
    yield writer
    writer.close()


async def test_pictures_that_are_announced_and_do_not_come_leave_the_sound_on_the_air(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        sounds = [tag for tag in FRAMES if tag.tag_type == AUDIO]
        async with publisher(running, stream) as writer:
            for number in range(450):
                writer.write(sent(sounds[number % len(sounds)], number * 1_024 * 1_000 // 44_100))
            assert "mp4a" in await until_live(running, stream)
            await follow(running, stream, rendition="a0", until=r"#EXTINF:")
            (remark,) = (await running.state(stream))["health"]
            assert remark["code"] == "no_pictures"
            assert "announces video and sends none" in remark["sentence"]


async def test_media_with_one_timestamp_plays_as_long_as_it_took(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        async with publisher(running, stream) as writer:
            begun = time.monotonic()
            for _ in range(20):
                for tag in FRAMES:
                    writer.write(sent(tag, 0))
                    await asyncio.sleep(LAP_S / len(FRAMES))
            took_s = time.monotonic() - begun
        await running.until_state(stream, "ended")
        _, span = await ffmpeg.packet_spans(stream.hls_url, "v")
        assert span == pytest.approx(took_s, abs=1.0)
        _, span = await ffmpeg.packet_spans(stream.hls_url, "a")
        assert span == pytest.approx(took_s, abs=1.0)
        codes = {remark["code"] for remark in (await running.state(stream))["health"]}
        assert "timestamps_standstill" in codes
