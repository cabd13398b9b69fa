"""From the byte stream that encoders give (ITU-T H.264, annex B) to what ISO BMFF stores (ISO/IEC 14496-15)."""

from __future__ import annotations

import re
from typing import Final

SPS: Final = 7
PPS: Final = 8
_DELIMITER: Final = 9
_SEI: Final = 6
_KIND: Final = 0x1F
_START: Final = re.compile(b"\x00*\x00\x00\x01")
"""A start code, with the zeros that may come before it (B.1.1)."""


def units(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream, header byte first."""
    return [unit.rstrip(b"\x00") for unit in _START.split(stream) if unit]


def sample(stream: bytes) -> bytes:
    """One access unit with lengths before its NAL units; without delimiters and remarks, which nobody needs.

    Parameter sets stay before key frames, though they are in the configuration, too: FFmpeg's reader of HLS (5 to 7)
    heeds the first init segment only, and is lost at a run with others.
    """
    kept = [unit for unit in units(stream) if unit[0] & _KIND not in {_DELIMITER, _SEI}]
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in kept)


def configuration(stream: bytes) -> bytes:
    """An AVCDecoderConfigurationRecord (5.3.3.1) of the parameter sets in a byte stream."""
    found = {kind: [unit for unit in units(stream) if unit[0] & _KIND == kind] for kind in (SPS, PPS)}
    profile = found[SPS][0][1:4]
    record = b"\x01" + profile + b"\xff" + _listed(found[SPS], 0xE0) + _listed(found[PPS], 0)
    if profile[0] in {100, 110, 122, 144}:  # high profiles say what their pictures are: 4:2:0, 8 bits
        record += b"\xfd\xf8\xf8\x00"
    return record


def _listed(sets: list[bytes], reserved: int) -> bytes:
    rows = [len(each).to_bytes(2, "big") + each for each in sets]
    return bytes([reserved | len(rows)]) + b"".join(rows)
