from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcoder.testcard.barcode import BAND, CELLS, BarcodeError, crc8, decode, encode

NOW = 1_795_219_200_123


def painted(cells: tuple[bool, ...], white: float = 220, black: float = 30) -> list[float]:
    return [white if cell else black for cell in cells]


def read(levels: list[float]) -> int:
    def luma(x: float, y: float) -> float:
        assert BAND[0] < y < BAND[1]
        return levels[int(x * CELLS)]

    return decode(luma)


@given(st.integers(0, 2**48 - 1))
def test_what_is_written_is_read(unix_ms: int) -> None:
    assert read(painted(encode(unix_ms))) == unix_ms


def test_crc8_is_the_usual_one() -> None:
    # A one in the last place leaves the polynomial without its head, x^2 + x + 1; a two leaves its double.
    assert [crc8(0), crc8(1), crc8(2)] == [0, 0x07, 0x0E]


def test_a_foggy_picture_is_still_read() -> None:
    assert read(painted(encode(NOW), white=150, black=100)) == NOW


@pytest.mark.parametrize("place", range(4, 60))
def test_one_wrong_cell_is_noticed(place: int) -> None:
    cells = list(encode(NOW))
    cells[place] = not cells[place]
    with pytest.raises(BarcodeError, match="checksum"):
        read(painted(tuple(cells)))


def test_a_picture_without_guards_is_no_barcode() -> None:
    with pytest.raises(BarcodeError, match="guard"):
        read([128.0] * CELLS)
