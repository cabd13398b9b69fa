"""Headers of real encoders; what they rarely write is written here by the tables of the specification."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bits import MalformedConfig
from media.codecs import codec_string
from media.track import Codec
from media.vp9 import KeyFrame, vp9_key_frame, vp9_record, vp9_size
from tests.media.bit_writer import BitWriter
from tests.support import clips

KEY_FRAMES = [  # by libvpx, 322x182
    "824983420014100b56063824",  # 4:2:0
    "a2498342080282016ac0c704",  # 4:2:2
    "a2498342040282016ac0c704",  # 4:4:0
    "a2498342000282016ac0c704",  # 4:4:4
    "a2498342e014100b56063824",  # RGB
    "92498342000a0805ab031c12",  # ten bits
    "b124c1a14200a0805ab031c1",  # twelve bits, 4:2:2
    "b124c1a138050402d5818e09",  # ten bits, RGB
]
SIZES = st.integers(1, 65_535)


@pytest.mark.parametrize("frame", KEY_FRAMES)
def test_sizes_of_encoders(frame: str) -> None:
    assert vp9_size(bytes.fromhex(frame)) == (322, 182)


@pytest.mark.parametrize("size", [(320, 180), (322, 242), (640, 360), (1, 1)])
def test_the_size_that_an_encoder_was_told_is_in_key_frames_and_in_no_other(size: tuple[int, int]) -> None:
    samples = clips.video(Codec.VP9, seconds=0.5, gop=5, size=size).samples
    sizes = [vp9_size(bytes(sample.data)) for sample in samples]
    assert sizes == [size if sample.key else (0, 0) for sample in samples]
    assert sizes.count(size) == 3


@pytest.mark.parametrize("frame", KEY_FRAMES)
def test_a_header_that_ends_early_is_refused_and_what_follows_the_size_is_not_needed(frame: str) -> None:
    data = bytes.fromhex(frame)
    needed = next(end for end in range(len(data) + 1) if _reads(data[:end]))
    assert 9 <= needed <= 10
    assert vp9_size(data[:needed] + bytes(5)) == (322, 182)


def _reads(data: bytes) -> bool:
    with suppress(MalformedConfig):
        return vp9_size(data) == (322, 182)
    return False


def header(*, profile: int = 0, existing: int = 0, inter: int = 0) -> BitWriter:
    """Write 6.2 up to frame_type."""
    bits = BitWriter().write(2, 2).write(1, profile & 1).write(1, profile >> 1)
    if profile == 3:
        bits.write(1)
    return bits.write(1, existing).write(1, inter)


def key_frame(width: int, height: int, *, profile: int = 0, color_space: int = 2, sync: int = 0x498342) -> bytes:
    """Write 6.2 up to frame_size() and one byte more."""
    bits = header(profile=profile).write(2, 0b10).write(24, sync)
    if profile > 1:
        bits.write(1, 1)
    bits.write(3, color_space)
    if color_space != 7:
        bits.write(1)
    if profile & 1:
        bits.write(3 if color_space != 7 else 1)
    return bits.write(16, width - 1).write(16, height - 1).write(8, 255).data


@given(SIZES, SIZES, st.integers(0, 3), st.integers(0, 6))
def test_every_size_in_every_profile_and_color_space(width: int, height: int, profile: int, color_space: int) -> None:
    assert vp9_size(key_frame(width, height, profile=profile, color_space=color_space)) == (width, height)


@pytest.mark.parametrize("profile", [1, 3])
def test_rgb_needs_an_odd_profile(profile: int) -> None:
    assert vp9_size(key_frame(7, 9, profile=profile, color_space=7)) == (7, 9)
    with pytest.raises(MalformedConfig, match="RGB"):
        vp9_size(key_frame(7, 9, profile=profile - 1, color_space=7))


@pytest.mark.parametrize("profile", range(4))
def test_a_frame_that_repeats_or_refers_to_others_has_no_size_of_its_own(profile: int) -> None:
    assert vp9_size(header(profile=profile, existing=1).write(3).data) == (0, 0)
    assert vp9_size(header(profile=profile, inter=1).write(16, 0x4983).data) == (0, 0)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (b"", "wanted"),
        (b"\x42" + key_frame(7, 9)[1:], "marker"),
        (BitWriter().write(2, 2).write(2, 3).write(1, 1).write(60).data, "profile"),
        (key_frame(7, 9, sync=0x498343), "sync"),
        (key_frame(65_536, 9), "size"),
        (key_frame(7, 65_536), "size"),
    ],
)
def test_what_is_no_vp9_frame_is_refused(frame: bytes, says: str) -> None:
    with pytest.raises(MalformedConfig, match=says):
        vp9_size(frame)


@given(st.sampled_from(KEY_FRAMES), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 255)), max_size=4))
def test_a_mutated_header_has_a_size_or_is_refused(frame: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray.fromhex(frame)
    for place, value in changes:
        data[place] = value
    with suppress(MalformedConfig):
        width, height = vp9_size(bytes(data))
        assert (width, height) == (0, 0) or (0 < width <= 65_535 and 0 < height <= 65_535)


@given(st.binary(max_size=20))
def test_any_bytes_have_a_size_or_are_refused(data: bytes) -> None:
    with suppress(MalformedConfig):
        vp9_size(data)


def test_the_record_is_what_a_muxer_writes() -> None:
    clip = clips.video(Codec.VP9, seconds=0.2)
    key = vp9_key_frame(bytes(clip.samples[0].data))
    assert key
    ours, theirs = vp9_record(key, 30), clip.track.config[-8:]
    assert ours[:1] == theirs[:1]
    assert ours[2] & 0xF0 == theirs[2] & 0xF0
    assert ours[6:] == theirs[6:]
    assert codec_string(replace(clip.track, config=ours)) == "vp09.00.11.08"


@pytest.mark.parametrize(
    ("frame", "profile", "depth", "chroma"),
    [
        ("8249", 0, 8, 1),
        ("a2498342080", 1, 8, 2),
        ("a24983420002", 1, 8, 3),
        ("a2498342e", 1, 8, 3),
        ("92", 2, 10, 1),
        ("b124c1a1", 3, 12, 2),
        ("b124c1a13", 3, 10, 3),
    ],
)
def test_formats_of_encoders(frame: str, profile: int, depth: int, chroma: int) -> None:
    key = vp9_key_frame(bytes.fromhex(next(known for known in KEY_FRAMES if known.startswith(frame))))
    assert key
    assert (key.profile, key.depth, key.chroma) == (profile, depth, chroma)
    assert vp9_record(key, None)[:1] == bytes([profile])


@pytest.mark.parametrize(("size", "rate", "level"), [((1920, 1080), 30, 40), ((1920, 1080), 60, 41), ((1, 1), 1, 10)])
def test_the_level_suits_size_and_rate(size: tuple[int, int], rate: float, level: int) -> None:
    assert vp9_record(KeyFrame(0, 8, 1, 2, False, *size), rate)[1] == level  # noqa: FBT003 - a field of seven
    assert vp9_record(KeyFrame(0, 8, 1, 2, False, 65_535, 65_535), rate)[1] == 62  # noqa: FBT003 - a field of seven
