"""Tables of big-endian words, in bulk: a few bytes an entry, where Python's own numbers take forty."""

from __future__ import annotations

from array import array
from typing import Final

Buffer = bytes | memoryview

_FOREIGN: Final = array("H", b"\0\1")[0] != 1
"""Whether this machine's byte order is not the one of boxes."""


def words(data: bytes) -> array[int]:
    """32-bit words out of a box; a length that is no multiple of four raises ValueError."""
    table = array("I", data)
    if _FOREIGN:
        table.byteswap()
    return table


def signed(table: array[int]) -> array[int]:
    """The same words, read as two's complement."""
    return array("i", table.tobytes())


def big_endian(table: array[int]) -> memoryview:
    """The bytes of a table as a box has them. Nothing is copied: the table itself means nothing from here on."""
    if _FOREIGN:
        table.byteswap()
    return memoryview(table).cast("B")
