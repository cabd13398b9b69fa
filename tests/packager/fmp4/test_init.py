"""Init segments as libav reads them, and by the field where libav does not care."""

from __future__ import annotations

import io
from struct import unpack_from

import av
import pytest

from media.track import Codec, Kind, Track
from packager.fmp4.init import write_init
from tests.packager.fragments import boxes, find
from tests.support import clips

NAMES = {Codec.H264: "h264", Codec.HEVC: "hevc", Codec.AV1: "av1", Codec.VP9: "vp9"}


@pytest.mark.parametrize("codec", NAMES)
def test_video(codec: Codec) -> None:
    track = clips.video(codec, seconds=0.5).track
    with av.open(io.BytesIO(write_init(track)), format="mp4") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name.removeprefix("lib").partition("-")[0] in (NAMES[codec], "dav1d")) is True
        assert (stream.width, stream.height) == (track.width, track.height) == (320, 180)
        assert stream.time_base is not None
        assert stream.time_base.denominator == track.timescale


@pytest.mark.parametrize("codec", [Codec.AAC, Codec.OPUS])
def test_sound(codec: Codec) -> None:
    track = clips.audio(codec, seconds=0.5).track
    with av.open(io.BytesIO(write_init(track)), format="mp4") as container:
        stream = container.streams.audio[0]
        assert (stream.sample_rate, stream.channels) == (48_000, 2)


def test_the_file_is_ftyp_and_moov() -> None:
    track = clips.audio(seconds=0.5).track
    assert [kind for kind, _, _ in boxes(write_init(track))] == [b"ftyp", b"moov"]


@pytest.mark.parametrize(("language", "written"), [("und", "und"), ("deu", "deu"), ("DE", "und"), ("d-u", "und")])
def test_languages_have_three_letters(language: str, written: str) -> None:
    track = Track(Codec.AAC, 48_000, bytes.fromhex("1190"), sample_rate=48_000, channels=2, language=language)
    assert track.kind is Kind.AUDIO
    mdhd = find(write_init(track), b"moov", b"trak", b"mdia", b"mdhd")
    packed = unpack_from(">H", mdhd, 20)[0]
    assert "".join(chr(0x60 + (packed >> shift & 31)) for shift in (10, 5, 0)) == written
