"""Values by run length, as stts and ctts have them (ISO/IEC 14496-12, 8.6.1)."""

from __future__ import annotations

from array import array
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_32_BITS: Final = 0xFFFF_FFFF
_SIGN: Final = 0x8000_0000


class Runs:
    """`table` is the box's: count, value, count, value. Values are 32-bit words, signed ones as two's complement."""

    __slots__ = ("table",)

    def __init__(self) -> None:
        self.table = array("I")

    @property
    def last(self) -> int:
        """The newest value, unsigned."""
        return self.table[-1]

    @property
    def trivial(self) -> bool:
        """Whether there is nothing but zeros."""
        return not any(self.table[1::2])

    @property
    def negative(self) -> bool:
        """Whether some value, taken as signed, is negative."""
        return any(value & _SIGN for value in self.table[1::2])

    def add(self, value: int, count: int) -> None:
        """The same value, `count` times."""
        table = self.table
        if not count:
            return
        if table and table[-1] == value & _32_BITS:
            table[-2] += count
        else:
            table.append(count)
            table.append(value & _32_BITS)

    def extend(self, values: Sequence[int]) -> None:
        """Values one by one."""
        for value, same in groupby(values):
            self.add(value, sum(1 for _ in same))

    def append(self, other: Runs) -> None:
        """Values of another table."""
        if other.table:
            self.add(other.table[1], other.table[0])
            self.table += other.table[2:]

    def split(self, counts: Sequence[int]) -> list[Runs]:
        """Cut all values, in order, into tables of so many each; `counts` must add up to how many there are."""
        rest, found = zip(self.table[::2], self.table[1::2], strict=True), []
        left = value = 0
        for count in counts:
            piece, wanted = Runs(), count
            while wanted:
                if not left:
                    left, value = next(rest)
                taken = min(wanted, left)
                piece.add(value, taken)
                wanted, left = wanted - taken, left - taken
            found.append(piece)
        return found

    def replace_last(self, value: int) -> None:
        """Give the newest value another."""
        if self.table[-2] == 1:
            del self.table[-2:]
        else:
            self.table[-2] -= 1
        self.add(value, 1)
