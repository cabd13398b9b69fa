"""Against real encoders, known records, and bytes that are nothing of the kind."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs import AacConfig, MalformedConfig, aac_config, aac_info, codec_string, video_size, vpcc_record
from media.track import Codec, Track
from tests.support import clips

VIDEO = [Codec.H264, Codec.HEVC, Codec.AV1, Codec.VP9]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC, Codec.AV1])
@pytest.mark.parametrize("size", [(320, 180), (322, 242), (640, 360)])
def test_size_that_an_encoder_was_told_is_read_back(codec: Codec, size: tuple[int, int]) -> None:
    clip = clips.video(codec, seconds=0.2, size=size)
    assert video_size(codec, clip.track.config) == size


@pytest.mark.parametrize(
    ("codec", "start"),
    [(Codec.H264, "avc1.42C0"), (Codec.HEVC, "hvc1.1.6.L"), (Codec.AV1, "av01.0.0"), (Codec.VP9, "vp09.00.")],
)
def test_codec_strings_of_real_video(codec: Codec, start: str) -> None:
    text = codec_string(clips.video(codec, seconds=0.2).track)
    assert text.startswith(start)


def test_codec_strings_of_real_audio() -> None:
    assert codec_string(clips.audio(Codec.AAC, seconds=0.2).track) == "mp4a.40.2"
    assert codec_string(clips.audio(Codec.OPUS, seconds=0.2).track) == "Opus"


@pytest.mark.parametrize(
    ("codec", "config", "text"),
    [
        (Codec.H264, "0164001fffe1", "avc1.64001F"),
        (Codec.HEVC, "0101600000009000000000005d", "hvc1.1.6.L93.90"),
        (Codec.HEVC, "0122200000009000000000007b", "hvc1.2.4.H123.90"),
        (Codec.HEVC, "0144200000000000000000001e", "hvc1.A4.4.L30"),
        (Codec.AV1, "81082c00", "av01.0.08M.08"),
        (Codec.AV1, "810dcc00", "av01.0.13H.10"),
        (Codec.AV1, "814dec00", "av01.2.13H.12"),
        (Codec.VP9, "00298200000000000000", "vp09.00.41.08"),
        (Codec.VP9, "010000000233a00101010000", "vp09.02.51.10"),
    ],
)
def test_codec_strings_of_known_records(codec: Codec, config: str, text: str) -> None:
    assert codec_string(Track(codec, 90_000, bytes.fromhex(config))) == text


@pytest.mark.parametrize(
    ("asc", "config"),
    [
        ("1190", AacConfig(2, 48_000, 48_000, 2, 1024)),
        ("1210", AacConfig(2, 44_100, 44_100, 2, 1024)),
        ("1214", AacConfig(2, 44_100, 44_100, 2, 960)),
        ("1208", AacConfig(2, 44_100, 44_100, 1, 1024)),
        ("2b118800", AacConfig(5, 24_000, 48_000, 2, 1024)),
        ("eb098800", AacConfig(29, 24_000, 48_000, 2, 1024)),
        ("119056e500", AacConfig(2, 48_000, 48_000, 2, 1024)),
        ("17805dc010", AacConfig(2, 48_000, 48_000, 2, 1024)),
    ],
)
def test_aac_configurations(asc: str, config: AacConfig) -> None:
    assert aac_config(bytes.fromhex(asc)) == config
    assert aac_info(bytes.fromhex(asc)) == (config.sample_rate, config.channels)


def test_vpcc_with_and_without_version_and_flags() -> None:
    record = bytes.fromhex("0029820101010000")
    assert vpcc_record(record) == vpcc_record(b"\x01\x00\x00\x00" + record) == record


@pytest.mark.parametrize("codec", VIDEO)
def test_every_truncation_of_a_real_record_is_refused_or_read(codec: Codec) -> None:
    config = clips.video(codec, seconds=0.2).track.config
    for end in range(len(config)):
        _only_malformed(codec, config[:end])


@given(st.sampled_from(VIDEO), st.data())
def test_no_mutation_of_a_real_record_does_more_than_be_refused(codec: Codec, data: st.DataObject) -> None:
    config = bytearray(clips.video(codec, seconds=0.2).track.config)
    for _ in range(data.draw(st.integers(1, 4))):
        config[data.draw(st.integers(0, len(config) - 1))] = data.draw(st.integers(0, 255))
    _only_malformed(codec, bytes(config))


@given(st.sampled_from(list(Codec)), st.binary(max_size=80))
def test_no_bytes_do_more_than_be_refused(codec: Codec, config: bytes) -> None:
    _only_malformed(codec, config)


def _only_malformed(codec: Codec, config: bytes) -> None:
    with suppress(MalformedConfig):
        assert all(0 <= length <= 65_536 for length in video_size(codec, config))
    with suppress(MalformedConfig):
        assert codec_string(Track(codec, 90_000, config))
