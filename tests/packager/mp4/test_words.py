from __future__ import annotations

from array import array
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.mp4.words import big_endian, signed, words


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_words_are_read_and_written(values: list[int]) -> None:
    data = pack(f">{len(values)}I", *values)
    assert list(words(data)) == values
    assert bytes(big_endian(words(data))) == data


@given(st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_signed_words(values: list[int]) -> None:
    assert list(signed(words(pack(f">{len(values)}i", *values)))) == values


def test_wide_words() -> None:
    assert bytes(big_endian(array("Q", [1, 2**40]))) == pack(">QQ", 1, 2**40)


def test_three_bytes_are_no_word() -> None:
    with pytest.raises(ValueError, match="multiple"):
        words(b"abc")
