"""Unix milliseconds as one row of black and white cells that survives scaling and compression.

64 cells across the whole width, in the band `BAND` of the height: four guard cells (1 0 1 0), 48 bits of time, most
significant first, eight bits of CRC-8 (polynomial 0x07, as in ATM's header check), four guard cells (0 1 0 1). A reader
samples the middle of each cell against the guards; a picture caught half way between two times fails the checksum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

CELLS: Final = 64
BAND: Final = (0.88, 0.97)
"""Top and bottom of the blocks as shares of the picture's height."""
HEAD: Final = (True, False, True, False)
TAIL: Final = (False, True, False, True)
TIME_BITS: Final = 48
"""Enough until the year 10889."""
CHECK_BITS: Final = 8
LEAST_CONTRAST: Final = 40
"""Of 255 steps between black and white guards; less is no barcode but a dark or foggy picture."""


class BarcodeError(ValueError):
    """There is no readable barcode in the picture."""


def crc8(value: int) -> int:
    """CRC-8 with polynomial x^8+x^2+x+1 over the time's six bytes."""
    remainder = 0
    for byte in value.to_bytes(TIME_BITS // 8, "big"):
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder << 1) ^ (0x107 if remainder & 0x80 else 0)
    return remainder


def encode(unix_ms: int) -> tuple[bool, ...]:
    """Cells from left to right, True for white."""
    word = (unix_ms << CHECK_BITS) | crc8(unix_ms)
    bits = tuple(bool(word >> place & 1) for place in reversed(range(TIME_BITS + CHECK_BITS)))
    return HEAD + bits + TAIL


def decode(luma: Callable[[float, float], float]) -> int:
    """Unix milliseconds from a picture; `luma(x, y)` samples it, both in [0, 1). Raises BarcodeError."""
    y = sum(BAND) / 2
    cells = [luma((i + 0.5) / CELLS, y) for i in range(CELLS)]
    guards = [*zip(cells, HEAD, strict=False), *zip(cells[-len(TAIL) :], TAIL, strict=True)]
    white = min(level for level, is_white in guards if is_white)
    black = max(level for level, is_white in guards if not is_white)
    if white - black < LEAST_CONTRAST:
        raise BarcodeError(f"no guard cells: darkest white {white:.0f}, brightest black {black:.0f}")
    return _checked([level > (white + black) / 2 for level in cells])


def _checked(cells: list[bool]) -> int:
    word = 0
    for cell in cells[len(HEAD) : -len(TAIL)]:
        word = word << 1 | cell
    unix_ms, check = word >> CHECK_BITS, word & ((1 << CHECK_BITS) - 1)
    if crc8(unix_ms) != check:
        raise BarcodeError(f"the checksum is {crc8(unix_ms)}, the picture says {check}")
    return unix_ms
