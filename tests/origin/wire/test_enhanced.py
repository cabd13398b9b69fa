"""Each test's bytes are in the order of Enhanced RTMP v2's tables: header, modifiers, multitrack, FourCC, body."""

from __future__ import annotations

import pytest

from media.track import Codec
from origin.wire.enhanced import audio_packets, video_packets
from origin.wire.packets import FlvError, Packet, UnsupportedError, What
from origin.wire.reader import ProtocolError

KEY, INTER = 0x90, 0xA0


def video(*parts: bytes | int) -> list[Packet]:
    return video_packets(b"".join(bytes((part,)) if isinstance(part, int) else part for part in parts))


def audio(*parts: bytes | int) -> list[Packet]:
    return audio_packets(b"".join(bytes((part,)) if isinstance(part, int) else part for part in parts))


def test_sequence_start() -> None:
    assert video(KEY, b"hvc1", b"record") == [Packet(What.CONFIG, Codec.HEVC, b"record")]
    assert audio(0x90, b"Opus", b"record") == [Packet(What.CONFIG, Codec.OPUS, b"record")]


@pytest.mark.parametrize(("fourcc", "codec"), [(b"avc1", Codec.H264), (b"hvc1", Codec.HEVC)])
def test_coded_frames_with_composition_time(fourcc: bytes, codec: Codec) -> None:
    assert video(INTER | 1, fourcc, b"\xff\xff\xd8", b"nal") == [
        Packet(What.FRAME, codec, b"nal", key=False, cts_ms=-40)
    ]
    assert video(KEY | 3, fourcc, b"nal") == [Packet(What.FRAME, codec, b"nal")]


@pytest.mark.parametrize(("fourcc", "codec"), [(b"av01", Codec.AV1), (b"vp09", Codec.VP9)])
def test_coded_frames_without_composition_time(fourcc: bytes, codec: Codec) -> None:
    assert video(INTER | 1, fourcc, b"frame") == [Packet(What.FRAME, codec, b"frame", key=False)]
    assert video(KEY | 3, fourcc, b"frame") == [Packet(What.FRAME, codec, b"frame")]


@pytest.mark.parametrize(("fourcc", "codec"), [(b"mp4a", Codec.AAC), (b"Opus", Codec.OPUS)])
def test_sound(fourcc: bytes, codec: Codec) -> None:
    assert audio(0x91, fourcc, b"frame") == [Packet(What.FRAME, codec, b"frame")]


@pytest.mark.parametrize("kind", [2, 4])
def test_ends_metadata_and_channel_layouts_say_nothing_to_a_decoder(kind: int) -> None:
    assert video(KEY | kind, b"hvc1", b"amf") == []
    assert audio(0x90 | kind, b"Opus", b"layout") == []


def test_seek_commands_have_no_body() -> None:
    assert video(0xD0, 0) == []
    assert video(0xD4, b"av01") == []


def test_modifiers_are_skipped() -> None:
    nano = bytes((2,)) + b"\x00\x01\x02" + b"\x01"  # three bytes of nanoseconds; type 0, then CodedFrames
    assert video(KEY | 7, nano, b"av01", b"frame") == [Packet(What.FRAME, Codec.AV1, b"frame")]
    twice = bytes((0,)) + b"x" + b"\x07" + bytes((0,)) + b"y" + b"\x01"
    assert audio(0x97, twice, b"Opus", b"frame") == [Packet(What.FRAME, Codec.OPUS, b"frame")]
    long = b"\xff\x01\x2b" + bytes(300) + b"\x01"
    assert audio(0x97, long, b"Opus", b"frame") == [Packet(What.FRAME, Codec.OPUS, b"frame")]


def test_one_track() -> None:
    assert video(KEY | 6, 0x01, b"av01", 5, b"frame") == [Packet(What.FRAME, Codec.AV1, b"frame", track=5)]
    assert audio(0x95, 0x00, b"Opus", 1, b"record") == [Packet(What.CONFIG, Codec.OPUS, b"record", track=1)]


def test_many_tracks_of_one_codec() -> None:
    body = b"\x00\x00\x00\x02ab\x01\x00\x00\x03cde"
    assert video(KEY | 6, 0x13, b"hvc1", body) == [
        Packet(What.FRAME, Codec.HEVC, b"ab"),
        Packet(What.FRAME, Codec.HEVC, b"cde", track=1),
    ]


def test_many_tracks_of_many_codecs() -> None:
    body = b"avc1\x00\x00\x00\x05\x00\x00\x50ab" + b"av01\x01\x00\x00\x03cde"
    assert video(INTER | 6, 0x21, body) == [
        Packet(What.FRAME, Codec.H264, b"ab", key=False, cts_ms=80),
        Packet(What.FRAME, Codec.AV1, b"cde", key=False, track=1),
    ]


def test_a_track_that_is_not_understood_behind_the_first_costs_it_nothing() -> None:
    first, other = b"avc1\0\0\0\x06record", b"vvc1\x01\0\0\x05other"
    assert video(KEY | 6, 0x20, first, other) == [Packet(What.CONFIG, Codec.H264, b"record")]
    with pytest.raises(UnsupportedError, match="VVC"):
        video(KEY | 6, 0x20, other, first)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (b"\x90vp08", "VP8"),
        (b"\x90vvc1", "VVC"),
        (b"\x90XY\x00\xff", "FourCC XY\x00\\xff"),
        (b"\x95av01", "AV1 in packets of type 5"),
    ],
)
def test_unsupported_video_is_named(tag: bytes, name: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        video_packets(tag)
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("fourcc", "name"), [(b"ac-3", "AC-3"), (b"ec-3", "E-AC-3"), (b".mp3", "MP3"), (b"fLaC", "FLAC")]
)
def test_unsupported_sound_is_named(fourcc: bytes, name: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        audio(0x91, fourcc, b"frame")
    assert caught.value.name == name


@pytest.mark.parametrize("tag", [b"\x96\x31hvc1", b"\x96\x06hvc1", b"\x96\x07hvc1"])
def test_multitrack_headers_that_make_no_sense(tag: bytes) -> None:
    with pytest.raises(FlvError):
        video_packets(tag)


@pytest.mark.parametrize(
    "tag",
    [
        b"\x90",
        b"\x90hvc",
        b"\x91hvc1\x00",
        b"\x97",
        b"\x97\x05a",
        b"\x97\x00x",
        b"\x96",
        b"\x96\x11hvc1\x00\x00\x00\x09a",
    ],
)
def test_tags_that_are_cut_off(tag: bytes) -> None:
    with pytest.raises(ProtocolError):
        video_packets(tag)
