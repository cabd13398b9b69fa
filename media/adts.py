"""AAC frames with the header that broadcasts put before each (ADTS; ISO/IEC 13818-7, 6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from media.bits import BitReader, MalformedConfig

_HEADER = 7
_CHECK = 2
_SYNC = 0xFFF


@dataclass(frozen=True, slots=True)
class Adts:
    """One frame: its AudioSpecificConfig, and what ISO BMFF stores of it."""

    config: bytes
    payload: bytes

    @classmethod
    def read(cls, frame: bytes) -> Adts:
        """Read a frame; raises MalformedConfig for what is none, and for one whose channels stand in its payload."""
        bits = BitReader(frame[:_HEADER])
        if bits.read(12) != _SYNC or bits.read(3) & 3:  # ID, layer
            raise MalformedConfig("there is no ADTS header")
        unchecked = bits.flag()
        object_type, rate = bits.read(2) + 1, bits.read(4)
        bits.flag()  # private_bit
        channels = bits.read(3)
        bits.read(4)  # original_copy, home, copyright
        size = bits.read(13)
        bits.read(11)  # buffer_fullness
        begin = _HEADER + (0 if unchecked else _CHECK)
        if not channels or bits.read(2) or not begin < size <= len(frame):  # number_of_raw_data_blocks_in_frame - 1
            raise MalformedConfig("the channels are told elsewhere, or there are several blocks, or too few bytes")
        config = object_type << 11 | rate << 7 | channels << 3
        return cls(config.to_bytes(2, "big"), frame[begin:size])
