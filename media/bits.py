"""Reads bit fields out of untrusted bytes: never past the end, never in an endless loop."""

from __future__ import annotations

from typing import Final

_MAX_EXP_GOLOMB_ZEROS: Final = 32
"""ue(v) codes values up to 2^32 - 2 (ITU-T H.264, 9.1): more leading zeros are no number but garbage."""


class MalformedConfig(ValueError):  # noqa: N818 - says what the bytes are
    """A decoder configuration that does not follow its specification."""


class BitReader:
    """Most significant bit first, as every codec here writes."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def read(self, bits: int) -> int:
        """The next `bits` bits as an unsigned number; raises MalformedConfig where they are not there."""
        if bits > self._left:
            raise MalformedConfig(f"{bits} bits wanted, {self._left} left")
        self._left -= bits
        return (self._value >> self._left) & ((1 << bits) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return self.read(1) == 1

    def ue(self) -> int:
        """Read an unsigned Exp-Golomb code (H.264 and H.265, 9.1)."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > _MAX_EXP_GOLOMB_ZEROS:
                raise MalformedConfig("an Exp-Golomb code is too long")
        return (1 << zeros) - 1 + self.read(zeros)

    def se(self) -> int:
        """Read a signed Exp-Golomb code (H.264 and H.265, 9.1.1)."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)
