from __future__ import annotations

import pytest

from media.track import VIDEO_TIMESCALE, Codec
from origin.wire.packets import FlvError
from origin.wire.reader import ProtocolError
from origin.wire.records import Claims, opus_config, read_record
from tests.media.test_vp9 import key_frame as vp9_frame

AVCC = bytes.fromhex("0142c00bffe1001667 42c00bda0a3684000003000400000300c83c50aa80 01000468ce0fc8")
OPUS_HEAD = b"OpusHead\x01\x02" + (312).to_bytes(2, "little") + (48_000).to_bytes(4, "little") + b"\x00\x01" + b"\x00"
VPCC = bytes.fromhex("000a820202020000")
CLAIMS = Claims(1280, 720, 30.0)


def test_h264_tells_its_own_size() -> None:
    track = read_record(Codec.H264, AVCC, CLAIMS).track
    assert (track.codec, track.timescale, track.config) == (Codec.H264, VIDEO_TIMESCALE, AVCC)
    assert (track.width, track.height, track.frame_rate) == (160, 96, 30.0)


def test_size_falls_back_to_what_the_publisher_claims() -> None:
    track = read_record(Codec.H264, bytes.fromhex("014d0028ffe0 00"), CLAIMS).track
    assert (track.width, track.height) == (1280, 720)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_shorter_lengths_become_four_bytes(size: int) -> None:
    for codec, place, record in ((Codec.H264, 4, AVCC), (Codec.HEVC, 21, bytes((1,)) + bytes(22))):
        short = record[:place] + bytes((record[place] & 0xFC | size - 1,)) + record[place + 1 :]
        lane = read_record(codec, short, CLAIMS)
        assert lane.track.config[place] & 3 == 3
        units = (2).to_bytes(size, "big") + b"ab" + (1).to_bytes(size, "big") + b"c"
        assert lane.sample(units) == b"\x00\x00\x00\x02ab\x00\x00\x00\x01c"
        with pytest.raises(ProtocolError):
            lane.sample(units[:-1])


def test_av1_samples_lose_their_temporal_delimiter() -> None:
    lane = read_record(Codec.AV1, bytes.fromhex("81000c00"), CLAIMS)
    assert lane.track.config == bytes.fromhex("81000c00")
    assert lane.sample(b"\x12\x00\x32\x01x") == b"\x32\x01x"
    assert lane.sample(b"\x16\x00\x00\x32\x01x") == b"\x32\x01x"
    assert lane.sample(b"\x32\x01x") == b"\x32\x01x"
    assert lane.sample(b"\x12\x00") == b""


@pytest.mark.parametrize("prefix", [b"", b"\x01\x00\x00\x00"])
def test_vp9_is_kept_without_the_full_boxs_version_and_flags(prefix: bytes) -> None:
    track = read_record(Codec.VP9, prefix + VPCC, CLAIMS).track
    assert track.config == VPCC
    assert (track.width, track.height) == (1280, 720)


def test_a_vp9_key_frame_says_how_large_the_picture_is() -> None:
    lane = read_record(Codec.VP9, VPCC, CLAIMS)
    assert lane.resized(b"") is lane, "nothing for us to judge"
    assert lane.resized(vp9_frame(1280, 720)) is lane, "the claim was true"
    resized = lane.resized(vp9_frame(640, 360))
    assert (resized.track.width, resized.track.height) == (640, 360)
    assert (resized.record, resized.track.config, resized.track.frame_rate) == (VPCC, VPCC, 30.0)


def test_aac() -> None:
    track = read_record(Codec.AAC, b"\x11\x90", CLAIMS).track
    assert (track.timescale, track.sample_rate, track.channels, track.config) == (48_000, 48_000, 2, b"\x11\x90")


def test_opus_head_becomes_dops() -> None:
    track = read_record(Codec.OPUS, OPUS_HEAD, CLAIMS).track
    assert (track.timescale, track.sample_rate, track.channels) == (48_000, 48_000, 2)
    assert track.config == b"\x00\x02" + (312).to_bytes(2, "big") + (48_000).to_bytes(4, "big") + b"\x01\x00\x00"
    surround = OPUS_HEAD[:9] + b"\x06" + OPUS_HEAD[10:18] + b"\x01" + b"\x04\x02\x00\x04\x01\x02\x03\x05"
    assert opus_config(surround).endswith(b"\x01\x04\x02\x00\x04\x01\x02\x03\x05")


@pytest.mark.parametrize(
    ("codec", "record"),
    [
        (Codec.H264, b""),
        (Codec.H264, b"\x02" + bytes(20)),
        (Codec.H264, AVCC[:5]),
        (Codec.HEVC, b"\x01" + bytes(20)),
        (Codec.AV1, b"\x81\x00\x0c"),
        (Codec.AV1, b"\x80\x00\x0c\x00"),
        (Codec.VP9, b"\x00\x0a"),
        (Codec.AAC, b""),
        (Codec.AAC, b"\xff"),
        (Codec.OPUS, b"OpusTags" + OPUS_HEAD[8:]),
        (Codec.OPUS, OPUS_HEAD[:9] + b"\x00" + OPUS_HEAD[10:]),
        (Codec.OPUS, OPUS_HEAD[:9] + b"\x03" + OPUS_HEAD[10:]),
        (Codec.OPUS, OPUS_HEAD[:8] + b"\x10" + OPUS_HEAD[9:]),
    ],
)
def test_records_that_make_no_sense(codec: Codec, record: bytes) -> None:
    with pytest.raises(FlvError):
        read_record(codec, record, CLAIMS)


@pytest.mark.parametrize("size", range(19))
def test_opus_heads_that_are_cut_off(size: int) -> None:
    with pytest.raises(ProtocolError):
        opus_config(OPUS_HEAD[:size])
