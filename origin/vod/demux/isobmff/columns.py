"""Columns of big-endian numbers, read where they stand: a block of rows at a time, at the speed of C."""

from __future__ import annotations

from array import array
from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS: Final = 4_096
"""In one block: 50 KB of the widest rows. With fewer, Python between the blocks begins to show."""
_FOREIGN: Final = array("H", b"\0\1")[0] != 1
"""Whether this machine's byte order is not the one of boxes."""


def blocks(data: memoryview, code: str = "I", width: int = 1) -> Iterator[array[int]]:
    """Rows of `width` numbers, one behind the other; `code` is that of `array`. `data` holds whole rows."""
    step = ROWS * width * array(code).itemsize
    for at in range(0, len(data), step):
        block: array[int] = array(code)
        block.frombytes(data[at : at + step])
        if _FOREIGN:
            block.byteswap()
        yield block


def numbers(data: memoryview, code: str = "I") -> Iterator[int]:
    """All numbers of a column."""
    return chain.from_iterable(blocks(data, code))


def pairs(data: memoryview, code: str = "I") -> Iterator[tuple[int, int]]:
    """Rows of a number without sign and one that is read by `code`, I or i, both of 32 bits."""
    if code == "I":
        return chain.from_iterable(zip(block[0::2], block[1::2], strict=True) for block in blocks(data, width=2))
    return chain.from_iterable(zip(block[0::2], signed(block[1::2]), strict=True) for block in blocks(data, width=2))


def signed(column: array[int]) -> array[int]:
    """The same words, read as two's complement."""
    return array("i", column.tobytes())
