"""A newer FFmpeg publishes by Enhanced RTMP; Debian's ffprobe and ffmpeg read the HLS back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
import pytest

from tests.support import ffmpeg
from tests.support.hls import parsed, playlist
from tests.support.publishers import newer_ffmpeg
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

FRAMES, RATE = 25, 25
CODECS = {
    "libx264": "h264",
    "libx265": "hevc",
    "libsvtav1": "av1",
    "libvpx-vp9": "vp9",
    "aac": "aac",
    "libopus": "opus",
}


@pytest.mark.parametrize(
    ("video", "audio"),
    [
        ("libx265", "aac"),
        ("libsvtav1", "aac"),
        ("libvpx-vp9", "libopus"),
        ("libx264", "libopus"),
        ("", "libopus"),
    ],
)
async def test_it_comes_back_whole(tmp_path: Path, video: str, audio: str) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        status, said = await newer_ffmpeg(stream.rtmp_url, video, audio)
        assert status == 0, said
        await running.until_state(stream, "ended")
        found = await ffmpeg.probe(stream.hls_url)
        assert {one["codec_name"] for one in found["streams"]} == {CODECS[name] for name in (video, audio) if name}
        if video:
            packets, span = await ffmpeg.packet_spans(stream.hls_url, "v")
            assert packets == FRAMES
            assert span == pytest.approx(FRAMES / RATE, abs=0.001)
        _, span = await ffmpeg.packet_spans(stream.hls_url, "a")
        assert span == pytest.approx(FRAMES / RATE, abs=0.06)
        await ffmpeg.decode(stream.hls_url)


async def test_vp9_needs_nobody_to_say_its_size(tmp_path: Path) -> None:
    """Neither vpcC nor, here, metadata does: it is read from key frames, and another one is a new init segment."""
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        status, said = await newer_ffmpeg(stream.rtmp_url, "libvpx-vp9", grown="320x192")
        assert status == 0, said
        await running.until_state(stream, "ended")
        small, large = parsed(await playlist(running, stream)).segments
        assert large.discontinuity
        for segment, seconds, size in (small, 2, (160, 96)), (large, 1, (320, 192)):
            assert segment.duration == pytest.approx(seconds, abs=0.001)
            init = await running.get(f"{stream.base}v0/{segment.init_section.uri}")
            with av.open(io.BytesIO(init.content)) as container:
                assert (container.streams.video[0].width, container.streams.video[0].height) == size
        assert "RESOLUTION=320x192" in (await running.get(stream.hls_url)).text
        await ffmpeg.decode(stream.hls_url)
