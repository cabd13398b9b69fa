from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bits import BitReader, MalformedConfig

EXP_GOLOMB = [("1", 0), ("010", 1), ("011", 2), ("00100", 3), ("00101", 4), ("00110", 5), ("00111", 6), ("0001000", 7)]
"""H.264, table 9-2."""
SIGNED = [0, 1, -1, 2, -2, 3, -3, 4]
"""The same codes as se(v): H.264, table 9-3."""


def reader(bits: str) -> BitReader:
    padded = bits + "0" * (-len(bits) % 8)
    return BitReader(int(padded, 2).to_bytes(len(padded) // 8, "big"))


@pytest.mark.parametrize(("bits", "value"), EXP_GOLOMB)
def test_unsigned_codes(bits: str, value: int) -> None:
    assert reader(bits).ue() == value


@pytest.mark.parametrize(("bits", "value"), [(bits, SIGNED[value]) for bits, value in EXP_GOLOMB])
def test_signed_codes(bits: str, value: int) -> None:
    assert reader(bits).se() == value


def test_fields_follow_each_other_most_significant_bit_first() -> None:
    bits = BitReader(b"\xa5\x0f")
    assert (bits.read(4), bits.flag(), bits.read(3), bits.read(8)) == (10, False, 5, 15)


def test_alignment_skips_to_the_next_byte_and_no_further() -> None:
    bits = BitReader(b"\xff\x01")
    bits.align()
    bits.read(1)
    bits.align()
    assert bits.read(8) == 1


def test_the_longest_code_is_read_and_a_longer_one_refused() -> None:
    assert reader("0" * 32 + "1" + "0" * 32).ue() == 2**32 - 1
    with pytest.raises(MalformedConfig):
        reader("0" * 33 + "1" * 40).ue()


@given(st.binary(max_size=8), st.integers(0, 80))
def test_nothing_is_read_past_the_end(data: bytes, wanted: int) -> None:
    bits = BitReader(data)
    if wanted > 8 * len(data):
        with pytest.raises(MalformedConfig):
            bits.read(wanted)
    else:
        assert bits.read(wanted) == int.from_bytes(data, "big") >> 8 * len(data) - wanted
