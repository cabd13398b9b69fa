"""Decoder configuration records made of parameter sets that came among the pictures (ISO/IEC 14496-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.bits import MalformedConfig
from media.nalu import H264_SPS, HEVC_SPS, unescape
from media.sps import h264_format, hevc_format
from media.track import Codec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

H264_PPS: Final = 8
H264_DELIMITER: Final = 9
HEVC_VPS: Final = 32
HEVC_PPS: Final = 34
HEVC_DELIMITER: Final = 35
_SETS: Final = {Codec.H264: (H264_SPS, H264_PPS), Codec.HEVC: (HEVC_VPS, HEVC_SPS, HEVC_PPS)}
_DELIMITERS: Final = {Codec.H264: H264_DELIMITER, Codec.HEVC: HEVC_DELIMITER}
_LOW_PROFILES: Final = frozenset({66, 77, 88})
"""Baseline, main and extended: their records end without the fields on chroma and depths (5.3.3.1.2)."""
_MOST: Final = 31
"""numOfSequenceParameterSets has five bits; no encoder makes as many sets of any kind."""
_MOST_BYTES: Final = 65_535
_PROFILE_TIER_LEVEL: Final = 12


def kind(codec: Codec, unit: bytes) -> int:
    """nal_unit_type of a unit that is not empty."""
    return unit[0] & 0x1F if codec is Codec.H264 else unit[0] >> 1 & 0x3F


def is_set(codec: Codec, unit: bytes) -> bool:
    """Tell parameter sets from pictures and remarks."""
    return kind(codec, unit) in _SETS[codec]


def is_delimiter(codec: Codec, unit: bytes) -> bool:
    """Tell access unit delimiters, which have no place in ISO BMFF samples."""
    return kind(codec, unit) == _DELIMITERS[codec]


def is_sequence(codec: Codec, unit: bytes) -> bool:
    """Tell the parameter sets which say how large pictures are."""
    return kind(codec, unit) == (H264_SPS if codec is Codec.H264 else HEVC_SPS)


def record(codec: Codec, units: Sequence[bytes]) -> bytes:
    """The payload of avcC or hvcC by the parameter sets among some NAL units; lengths have four bytes.

    Raises MalformedConfig where a set that is needed is not there.
    """
    sets = {wanted: _distinct(codec, units, wanted) for wanted in _SETS[codec]}
    if not all(sets.values()):
        raise MalformedConfig("a parameter set is missing")
    return _RECORDS[codec](sets)


def _distinct(codec: Codec, units: Sequence[bytes], wanted: int) -> list[bytes]:
    found = list(dict.fromkeys(unit for unit in units if kind(codec, unit) == wanted))
    if len(found) > _MOST or any(len(unit) > _MOST_BYTES for unit in found):
        raise MalformedConfig("there are too many parameter sets, or too large ones")
    return found


def _avcc(sets: dict[int, list[bytes]]) -> bytes:
    """AVCDecoderConfigurationRecord (5.3.3.1.2)."""
    sps, pps = sets[H264_SPS], sets[H264_PPS]
    chroma, luma_depth, chroma_depth = h264_format(sps[0])
    profile = sps[0][1:4]
    made = b"\x01" + profile + b"\xff" + bytes([0xE0 | len(sps)]) + _listed(sps) + bytes([len(pps)]) + _listed(pps)
    if profile[0] not in _LOW_PROFILES:
        made += bytes([0xFC | chroma, 0xF8 | luma_depth - 8, 0xF8 | chroma_depth - 8, 0])
    return made


def _hvcc(sets: dict[int, list[bytes]]) -> bytes:
    """HEVCDecoderConfigurationRecord (8.3.3.1.2), with nothing said about parallel decoding and frame rates."""
    sps = unescape(sets[HEVC_SPS][0][2:])
    chroma, luma_depth, chroma_depth = hevc_format(sets[HEVC_SPS][0])
    layers, nested = (sps[0] >> 1 & 7) + 1, sps[0] & 1
    made = b"\x01" + sps[1 : 1 + _PROFILE_TIER_LEVEL] + b"\xf0\x00\xfc"
    made += bytes([0xFC | chroma, 0xF8 | luma_depth - 8, 0xF8 | chroma_depth - 8, 0, 0, layers << 3 | nested << 2 | 3])
    arrays = (bytes([0x80 | which]) + len(found).to_bytes(2, "big") + _listed(found) for which, found in sets.items())
    return made + bytes([len(sets)]) + b"".join(arrays)


def _listed(sets: Sequence[bytes]) -> bytes:
    return b"".join(len(each).to_bytes(2, "big") + each for each in sets)


_RECORDS: Final[dict[Codec, Callable[[dict[int, list[bytes]]], bytes]]] = {Codec.H264: _avcc, Codec.HEVC: _hvcc}
