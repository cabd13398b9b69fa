"""Reading numbers and slices out of a message that is wholly there, and the one error that all of wire raises.

Network byte order throughout. A read past the end is the peer's fault: a ProtocolError and never an IndexError.
"""

from __future__ import annotations

import struct
from typing import Final

_F64: Final = struct.Struct(">d")
_SIGN_24: Final = 1 << 23


class ProtocolError(Exception):
    """The peer sent what the protocol does not allow, or more of it than we take.

    `reason` is a short stable word for metrics; the message is a sentence for people and never holds a secret.
    """

    def __init__(self, sentence: str, reason: str = "protocol") -> None:
        super().__init__(sentence)
        self.reason = reason


class Cursor:
    """A place in `data`, moved on by every read."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self.data) - self.at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self.at + size
        if end > len(self.data):
            raise ProtocolError("a message ends in the middle of a field", "truncated")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def uint(self, size: int) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def sint24(self) -> int:
        """A signed number of 24 bits (SI24)."""
        return (self.uint(3) ^ _SIGN_24) - _SIGN_24

    def double(self) -> float:
        """An IEEE 754 number of 64 bits."""
        value: float = _F64.unpack(self.take(8))[0]
        return value
