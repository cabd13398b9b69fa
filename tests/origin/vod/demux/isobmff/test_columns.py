from __future__ import annotations

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.vod.demux.isobmff.columns import ROWS, blocks, numbers, pairs


@pytest.mark.parametrize(("code", "form", "most"), [("B", "B", 255), ("H", ">H", 65_535), ("I", ">I", 1 << 31)])
@pytest.mark.parametrize("count", [0, 1, ROWS, ROWS + 1])
def test_numbers_of_all_widths(code: str, form: str, most: int, count: int) -> None:
    data = b"".join(pack(form, number % most) for number in range(count))
    assert list(numbers(memoryview(data), code)) == [number % most for number in range(count)]


def test_a_block_has_so_many_rows() -> None:
    sizes = [len(block) for block in blocks(memoryview(bytes(8 * (2 * ROWS + 3))), width=2)]
    assert sizes == [2 * ROWS, 2 * ROWS, 6]


@given(st.lists(st.tuples(st.integers(0, (1 << 32) - 1), st.integers(-(1 << 31), (1 << 31) - 1))))
def test_the_second_of_a_pair_may_have_a_sign(rows: list[tuple[int, int]]) -> None:
    data = memoryview(b"".join(pack(">Ii", *row) for row in rows))
    assert list(pairs(data, "i")) == rows
    assert list(pairs(data)) == [(count, value % (1 << 32)) for count, value in rows]


def test_offsets_of_64_bits() -> None:
    assert list(numbers(memoryview(pack(">QQ", 1 << 40, 7)), "Q")) == [1 << 40, 7]
