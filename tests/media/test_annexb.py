from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.annexb import measured, units, with_lengths
from media.bits import MalformedConfig

SPS = bytes.fromhex("6742c01e95a0280bfe5c")
PPS = bytes.fromhex("68ce0f2c81")
SLICE = b"\x65\x88\x84"


@pytest.mark.parametrize("start", [b"\0\0\1", b"\0\0\0\1", b"\0\0\0\0\0\1"])
def test_units_are_between_start_codes(start: bytes) -> None:
    assert units(start + SPS + start + PPS + start + SLICE) == [SPS, PPS, SLICE]
    assert units(b"") == []


def test_what_stands_before_the_first_start_code_is_no_unit() -> None:
    assert units(b"\x41\x9a\0\0\1" + SLICE + b"\0\0\0") == [SLICE]
    assert units(SLICE) == []


def test_long_runs_of_zeros_are_gone_through_once() -> None:
    assert units(b"\0" * (8 << 20) + b"\1" + SLICE) == [SLICE]


def test_a_sample_has_lengths() -> None:
    assert with_lengths([SPS, SLICE]) == b"\0\0\0\x0a" + SPS + b"\0\0\0\3" + SLICE


@given(st.lists(st.binary(min_size=1, max_size=9).map(lambda rest: b"\x41" + rest.replace(b"\0", b"\1")), max_size=5))
def test_whatever_is_in_the_slices_is_kept(slices: list[bytes]) -> None:
    assert units(b"".join(b"\0\0\0\1" + each for each in slices)) == slices
    assert measured(with_lengths(slices), 4) == slices


@given(st.binary(max_size=40), st.sampled_from([1, 2, 4]))
def test_lengths_lead_nowhere_else(data: bytes, length_size: int) -> None:
    try:
        found = measured(data, length_size)
    except MalformedConfig:
        return
    assert sum(map(len, found)) <= len(data)


def test_a_unit_that_is_cut_off_is_refused() -> None:
    with pytest.raises(MalformedConfig):
        measured(b"\0\0\0\4\x65\x88", 4)
