from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bits import BitReader, MalformedConfig
from tests.media.bit_writer import BitWriter


@given(st.lists(st.integers(0, 40).flatmap(lambda bits: st.tuples(st.just(bits), st.integers(0, 2**bits - 1)))))
def test_fields_are_read_back(fields: list[tuple[int, int]]) -> None:
    writer = BitWriter()
    for bits, value in fields:
        writer.write(bits, value)
    reader = BitReader(writer.data)
    assert [reader.read(bits) for bits, _ in fields] == [value for _, value in fields]


def test_the_most_significant_bit_comes_first() -> None:
    reader = BitReader(b"\xa0\x01")
    assert [reader.flag() for _ in range(4)] == [True, False, True, False]
    assert reader.read(12) == 1


@pytest.mark.parametrize(
    ("bits", "code"), [("1", 0), ("010", 1), ("011", 2), ("00100", 3), ("00111", 6), ("0001000", 7), ("000010000", 15)]
)
def test_exp_golomb_codes_are_those_of_the_table(bits: str, code: int) -> None:
    """H.264, table 9-2."""
    assert BitReader(padded(bits)).ue() == code


@pytest.mark.parametrize(
    ("bits", "value"), [("1", 0), ("010", 1), ("011", -1), ("00100", 2), ("00101", -2), ("00110", 3), ("00111", -3)]
)
def test_signed_codes_take_turns(bits: str, value: int) -> None:
    """H.264, table 9-3."""
    assert BitReader(padded(bits)).se() == value


def padded(bits: str) -> bytes:
    return int(bits.ljust(16, "1"), 2).to_bytes(2, "big")


@given(st.lists(st.integers(0, 2**32 - 2)))
def test_exp_golomb_codes_are_read_back(codes: list[int]) -> None:
    writer = BitWriter()
    for code in codes:
        writer.ue(code)
    reader = BitReader(writer.data)
    assert [reader.ue() for _ in codes] == codes


@pytest.mark.parametrize("size", range(4))
def test_nothing_is_read_beyond_the_end(size: int) -> None:
    reader = BitReader(b"\xff" * size)
    with pytest.raises(MalformedConfig, match=f"{8 * size + 1} bits wanted, {8 * size} left"):
        reader.read(8 * size + 1)
    assert reader.read(8 * size) == 2 ** (8 * size) - 1
    for read in (reader.flag, reader.ue, reader.se):
        with pytest.raises(MalformedConfig, match="1 bits wanted, 0 left"):
            read()


def test_an_endless_row_of_zeros_is_no_number() -> None:
    with pytest.raises(MalformedConfig, match="too long"):
        BitReader(bytes(1000)).ue()


def test_a_code_that_is_cut_off_is_no_number() -> None:
    with pytest.raises(MalformedConfig, match="7 bits wanted, 0 left"):
        BitReader(b"\x01").ue()
