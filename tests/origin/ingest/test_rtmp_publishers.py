"""Real encoders against the real listener."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from media.track import Codec, Kind
from origin.ingest.rtmp import RtmpServer, serve_rtmp
from tests.support.certificates import server_tls
from tests.support.desk import RecordingDesk
from tests.support.publishers import AAC, H264, PICTURE, SOUND, ffmpeg, newer_ffmpeg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KEY = "sk_right"


@pytest.fixture
async def desk() -> RecordingDesk:
    return RecordingDesk(KEY)


@pytest.fixture
async def server(desk: RecordingDesk) -> AsyncIterator[RtmpServer]:
    server = await serve_rtmp(desk, "127.0.0.1", 0)
    yield server
    await server.close(0)


def url(server: RtmpServer, key: str = KEY, scheme: str = "rtmp") -> str:
    return f"{scheme}://127.0.0.1:{server.address[1]}/live/{key}"


def kinds(desk: RecordingDesk) -> dict[Codec, int]:
    publication = desk.publications[0]
    return {track.codec: len(publication.of(track.kind)) for track in publication.tracks}


async def test_h264_and_aac(desk: RecordingDesk, server: RtmpServer) -> None:
    status, said = await ffmpeg(*PICTURE, *SOUND, *H264, *AAC, "-f", "flv", url(server) + "?from=obs")
    assert status == 0, said
    publication = desk.publications[0]
    video, audio = publication.tracks
    assert (video.codec, video.width, video.height, video.frame_rate) == (Codec.H264, 160, 90, 25.0)
    assert (audio.codec, audio.timescale, audio.channels) == (Codec.AAC, 48_000, 1)
    pictures = publication.of(Kind.VIDEO)
    assert [frame.dts_ms for frame in pictures] == list(range(0, 2000, 40))
    assert [frame.key for frame in pictures].count(True) == 2
    assert len({frame.cts_ms for frame in pictures}) > 1
    assert len(publication.of(Kind.AUDIO)) in range(93, 97)
    assert publication.closed == ["unpublished"]
    assert not publication.remarks


async def test_sound_only(desk: RecordingDesk, server: RtmpServer) -> None:
    status, said = await ffmpeg(*SOUND, *AAC, "-f", "flv", url(server))
    assert status == 0, said
    assert list(kinds(desk)) == [Codec.AAC]
    assert kinds(desk)[Codec.AAC] > 90


async def test_picture_only(desk: RecordingDesk, server: RtmpServer) -> None:
    status, said = await ffmpeg(*PICTURE, *H264, "-f", "flv", url(server))
    assert status == 0, said
    assert kinds(desk) == {Codec.H264: 50}


@pytest.mark.parametrize(
    ("video", "audio", "codecs"),
    [
        ("libx265", "aac", {Codec.HEVC, Codec.AAC}),
        ("libsvtav1", "aac", {Codec.AV1, Codec.AAC}),
        ("libvpx-vp9", "libopus", {Codec.VP9, Codec.OPUS}),
        ("libx264", "libopus", {Codec.H264, Codec.OPUS}),
        ("", "libopus", {Codec.OPUS}),
    ],
)
async def test_enhanced_codecs(
    desk: RecordingDesk, server: RtmpServer, video: str, audio: str, codecs: set[Codec]
) -> None:
    status, said = await newer_ffmpeg(url(server), video, audio)
    assert status == 0, said
    publication = desk.publications[0]
    assert set(kinds(desk)) == codecs
    for track in publication.tracks:
        assert len(publication.of(track.kind)) >= 25
        assert track.kind is Kind.AUDIO or (track.width, track.height) == (160, 96)
    assert not publication.remarks


async def test_unsupported_sound_is_remarked_and_the_picture_goes_on(desk: RecordingDesk, server: RtmpServer) -> None:
    status, said = await ffmpeg(*PICTURE, *SOUND, *H264, "-c:a", "libmp3lame", "-ar", "44100", "-f", "flv", url(server))
    assert status == 0, said
    assert kinds(desk) == {Codec.H264: 50}
    assert desk.publications[0].remarks == [("unsupported_codec", "MP3 is not supported; these packets are left out.")]


async def test_unknown_key_is_told_so(desk: RecordingDesk, server: RtmpServer) -> None:
    status, said = await ffmpeg(*PICTURE, *H264, "-f", "flv", url(server, "sk_wrong"))
    assert status != 0
    assert "No stream has this key." in said
    assert not desk.publications


async def test_players_are_sent_elsewhere(server: RtmpServer) -> None:
    """ffmpeg as a player checks the digest in S1 and S2, so this shows the digest handshake as well."""
    status, said = await ffmpeg("-i", url(server), "-f", "null", "-")
    assert status != 0
    assert "Headwater does not play over RTMP" in said


async def test_second_publisher_takes_over_and_the_first_is_told(desk: RecordingDesk, server: RtmpServer) -> None:
    endless = ["-re", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25", *H264, "-f", "flv", url(server)]
    first = asyncio.create_task(ffmpeg(*endless))
    await desk.opened.wait()
    status, said = await ffmpeg(*PICTURE, *H264, "-f", "flv", url(server))
    assert status == 0, said
    await asyncio.wait_for(first, 20)
    one, two = desk.publications
    assert one.closed == ["taken_over"]
    assert len(two.of(Kind.VIDEO)) == 50


async def test_rtmps(desk: RecordingDesk, tmp_path: Path) -> None:
    server = await serve_rtmp(desk, "127.0.0.1", 0, tls=await server_tls(tmp_path))
    status, said = await ffmpeg(*PICTURE, *H264, "-f", "flv", url(server, scheme="rtmps"))
    await server.close(0)
    assert status == 0, said
    assert kinds(desk) == {Codec.H264: 50}
