"""Records of parameter sets in band, against those that real muxers wrote for the same streams."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.annexb import units
from media.bits import MalformedConfig
from media.codecs import codec_string, video_size
from media.nalu import avcc_sps, hvcc_sps
from media.parameter_sets import is_delimiter, is_sequence, is_set, record
from media.track import Codec, Track
from tests.media.test_sps import H264, HEVC
from tests.support import clips

PPS = bytes.fromhex("68ce0f2c81")
VPS, HEVC_PPS = bytes.fromhex("40010c01ffff"), bytes.fromhex("4401c172")


def sets_of_avcc(config: bytes) -> list[bytes]:
    sps = avcc_sps(config)
    at = 6 + 2 + len(sps) + 1
    return [sps, config[at + 2 : at + 2 + int.from_bytes(config[at : at + 2], "big")]]


def sets_of_hvcc(config: bytes) -> list[bytes]:
    found, at = [], 23
    for _ in range(config[22]):
        count, at = int.from_bytes(config[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            size = int.from_bytes(config[at : at + 2], "big")
            found.append(config[at + 2 : at + 2 + size])
            at += 2 + size
    return found


def test_avcc_is_what_a_muxer_writes() -> None:
    config = clips.video(Codec.H264, seconds=0.2).track.config
    assert record(Codec.H264, sets_of_avcc(config)) == config


def test_hvcc_is_what_a_muxer_writes_but_for_what_it_found_out_of_frame_rates() -> None:
    config = clips.video(Codec.HEVC, seconds=0.2, rate=Fraction(30)).track.config
    wanted = [unit for unit in sets_of_hvcc(config) if is_set(Codec.HEVC, unit)]
    made = record(Codec.HEVC, wanted)
    assert made[:13] == config[:13]
    assert made[16:19] == config[16:19]
    assert made[21] == config[21]
    assert sets_of_hvcc(made) == wanted


@pytest.mark.parametrize(("sps", "size"), H264)
def test_h264_records_tell_format_and_size(sps: str, size: tuple[int, int]) -> None:
    made = record(Codec.H264, [PPS, bytes.fromhex(sps)])
    assert video_size(Codec.H264, made) == size
    assert (len(made) - 8 - len(bytes.fromhex(sps)) - 3 - len(PPS)) == 4


@pytest.mark.parametrize(("sps", "size"), HEVC)
def test_hevc_records_tell_format_and_size(sps: str, size: tuple[int, int]) -> None:
    made = record(Codec.HEVC, [VPS, bytes.fromhex(sps), HEVC_PPS])
    assert video_size(Codec.HEVC, made) == size
    assert hvcc_sps(made) == bytes.fromhex(sps)


def test_a_record_of_a_low_profile_says_nothing_of_chroma() -> None:
    sps = bytes.fromhex("6742c01e95a0280bfe5c")
    made = record(Codec.H264, units(b"\0\0\1" + sps + b"\0\0\1" + PPS))
    assert made == b"\x01\x42\xc0\x1e\xff\xe1" + b"\0\x0a" + sps + b"\x01" + b"\0\x05" + PPS


def test_kinds_are_told_apart() -> None:
    assert is_delimiter(Codec.H264, b"\x09\xf0")
    assert is_delimiter(Codec.HEVC, b"\x46\x01\x50")
    assert is_sequence(Codec.HEVC, bytes.fromhex(HEVC[0][0]))
    assert is_sequence(Codec.H264, bytes.fromhex(H264[0][0]))
    assert not is_set(Codec.H264, b"\x65\x88")


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC])
@given(found=st.lists(st.binary(min_size=1, max_size=40), max_size=5))
def test_a_record_is_made_or_refused(codec: Codec, found: list[bytes]) -> None:
    try:
        made = record(codec, found)
    except MalformedConfig:
        return
    assert codec_string_of(codec, made)


def codec_string_of(codec: Codec, config: bytes) -> str:
    return codec_string(Track(codec, 90_000, config))


def test_sets_that_are_too_many_or_too_large_are_refused() -> None:
    sps = bytes.fromhex(H264[0][0])
    with pytest.raises(MalformedConfig):
        record(Codec.H264, [sps, *(PPS + bytes([n]) for n in range(1, 40))])
    with pytest.raises(MalformedConfig):
        record(Codec.H264, [sps, PPS + b"\1" * 70_000])
    with pytest.raises(MalformedConfig):
        record(Codec.H264, [sps])
