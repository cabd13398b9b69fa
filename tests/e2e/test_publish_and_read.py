"""Debian's ffmpeg publishes, ffprobe and ffmpeg read the HLS back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import m3u8
import pytest

from tests.support import ffmpeg
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 7.0


@pytest.mark.parametrize(("video", "audio"), [(True, True), (True, False), (False, True)])
async def test_h264_and_aac_come_back_whole(tmp_path: Path, *, video: bool, audio: bool) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(video=video, audio=audio, seconds=SECONDS))
        found = await ffmpeg.probe(stream.hls_url)
        assert {one["codec_name"] for one in found["streams"]} == {*(["h264"] * video), *(["aac"] * audio)}
        if video:
            packets, span = await ffmpeg.packet_spans(stream.hls_url, "v")
            assert packets == SECONDS * 30
            assert span == pytest.approx(SECONDS, abs=0.001)
        if audio:
            _, span = await ffmpeg.packet_spans(stream.hls_url, "a")
            assert span == pytest.approx(SECONDS, abs=0.05)
        await ffmpeg.decode(stream.hls_url)


async def test_playlists_say_what_is_true(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=SECONDS))
        multivariant = m3u8.loads((await running.get(stream.hls_url)).text)
        variant = multivariant.playlists[0]
        assert variant.stream_info.resolution == (320, 180)
        assert variant.stream_info.codecs.split(",")[1] == "mp4a.40.2"
        media = m3u8.loads((await running.get(stream.base + variant.uri)).text)
        assert media.is_endlist
        assert sum(segment.duration for segment in media.segments) == pytest.approx(SECONDS, abs=0.001)
        for segment in media.segments:
            answer = await running.get(f"{stream.base}v0/{segment.uri}")
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
            parts = [await running.get(f"{stream.base}v0/{part.uri}") for part in segment.parts]
            if parts:
                assert b"".join(part.content for part in parts) == answer.content


async def test_without_a_good_token_nothing_is_told(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        other = await running.stream()
        for url in (
            stream.hls_url.replace(stream.token, "x"),
            stream.hls_url.replace(stream.token, other.token),
            stream.hls_url.replace(stream.token, stream.token[:-4] + "AAAA"),
        ):
            answer = await running.get(url)
            assert answer.status_code == 403
            assert answer.json()["code"] == "token_invalid"
        answer = await running.get(stream.hls_url)
        assert (answer.status_code, answer.json()["code"]) == (404, "stream_offline")
        await running.http.delete(f"{running.url}/v1/tokens/{_jti(stream.token)}")
        answer = await running.get(stream.hls_url)
        assert (answer.status_code, answer.json()["code"]) == (403, "token_revoked")


def _jti(token: str) -> str:

    claims = jwt.decode(token, options={"verify_signature": False})
    return str(claims["jti"])
