"""The other direction of `media.bits`: what headers are made of."""

from __future__ import annotations


class BitWriter:
    """Fields in the order of a specification's table."""

    def __init__(self) -> None:
        self._bits = ""

    def write(self, bits: int, value: int = 0) -> BitWriter:
        self._bits += f"{value:b}".rjust(bits, "0") if bits else ""
        return self

    def ue(self, *codes: int) -> BitWriter:
        """Write Exp-Golomb codes (H.264, 9.1)."""
        for code in codes:
            text = f"{code + 1:b}"
            self._bits += "0" * (len(text) - 1) + text
        return self

    @property
    def data(self) -> bytes:
        """What was written, with ones up to the next byte."""
        size = -(-len(self._bits) // 8)
        return int(self._bits.ljust(8 * size, "1") or "0", 2).to_bytes(size, "big")
