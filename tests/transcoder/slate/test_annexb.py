from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs import video_size
from media.track import Codec
from transcoder.slate.annexb import configuration, sample, units

SPS = bytes.fromhex("6742c01e95a0280bfe5c")
PPS = bytes.fromhex("68ce0f2c80")[:-1] + b"\x81"
SLICE = b"\x65\x88\x84"


@pytest.mark.parametrize("start", [b"\0\0\1", b"\0\0\0\1", b"\0\0\0\0\0\1"])
def test_units_are_between_start_codes(start: bytes) -> None:
    assert units(start + SPS + start + PPS + start + SLICE) == [SPS, PPS, SLICE]
    assert units(b"") == []


def test_a_sample_has_lengths_and_what_a_decoder_needs() -> None:
    stream = b"".join(b"\0\0\0\1" + unit for unit in (b"\x09\xf0", SPS, b"\x06\x05\x01\x80", SLICE, b"\x65\x01"))
    assert sample(stream) == b"\0\0\0\x0a" + SPS + b"\0\0\0\3" + SLICE + b"\0\0\0\2\x65\x01"


@given(st.lists(st.binary(min_size=1, max_size=9).map(lambda rest: b"\x41" + rest.replace(b"\0", b"\1")), max_size=5))
def test_whatever_is_in_the_slices_is_kept(slices: list[bytes]) -> None:
    assert units(b"".join(b"\0\0\0\1" + each for each in slices)) == slices


def test_the_configuration_tells_profile_and_sets() -> None:
    record = configuration(b"\0\0\0\1" + SPS + b"\0\0\0\1" + PPS)
    assert record == b"\x01\x42\xc0\x1e\xff\xe1" + b"\0\x0a" + SPS + b"\x01" + b"\0\x05" + PPS
    high = b"\x67\x64\x00\x1e" + SPS[4:]
    assert configuration(b"\0\0\1" + high + b"\0\0\1" + PPS).endswith(b"\xfd\xf8\xf8\x00")


def test_a_picture_size_can_be_read_from_it() -> None:
    assert video_size(Codec.H264, configuration(b"\0\0\1" + SPS + b"\0\0\1" + PPS)) == (640, 360)
