"""From the byte stream that broadcasts and encoders give (ITU-T H.264 and H.265, annex B) to what ISO BMFF stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.bits import MalformedConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

_START: Final = b"\x00\x00\x01"
_LENGTH_SIZE: Final = 4


def units(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream, header byte first, without the zeros that may stand around start codes (B.1.1).

    What stands before the first start code is no unit.
    """
    pieces = (piece.rstrip(b"\x00") for piece in stream.split(_START)[1:])
    return [piece for piece in pieces if piece]


def measured(data: bytes, length_size: int) -> list[bytes]:
    """The NAL units of a sample with lengths of so many bytes before them (ISO/IEC 14496-15, 4.3.3)."""
    found, at = [], 0
    while at < len(data):
        end = at + length_size + int.from_bytes(data[at : at + length_size], "big")
        if end > len(data):
            raise MalformedConfig("a NAL unit is cut off")
        found.append(data[at + length_size : end])
        at = end
    return [unit for unit in found if unit]


def with_lengths(found: Iterable[bytes]) -> bytes:
    """NAL units as one sample, with lengths of four bytes before them."""
    return b"".join(part for unit in found for part in (len(unit).to_bytes(_LENGTH_SIZE, "big"), unit))
