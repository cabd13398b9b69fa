"""NAL units in the forms that ISO/IEC 14496-15 stores: parameter sets in avcC and hvcC, and their escaping."""

from __future__ import annotations

from typing import Final

from media.bits import MalformedConfig

H264_SPS: Final = 7
HEVC_SPS: Final = 33

_HVCC_ARRAYS_AT: Final = 22
_AVCC_SPS_COUNT_AT: Final = 5
_TWO_BYTE_LENGTH: Final = 2


def unescape(unit: bytes) -> bytes:
    """The RBSP: the unit without its emulation prevention bytes (00 00 03 → 00 00; H.264, 7.4.1)."""
    pieces = unit.split(b"\x00\x00\x03")
    return b"\x00\x00".join(pieces)


def avcc_sps(config: bytes) -> bytes:
    """The first sequence parameter set in an AVCDecoderConfigurationRecord, header byte included."""
    if len(config) <= _AVCC_SPS_COUNT_AT or config[0] != 1:
        raise MalformedConfig("this is no AVCDecoderConfigurationRecord of version 1")
    if not config[_AVCC_SPS_COUNT_AT] & 0x1F:
        raise MalformedConfig("avcC holds no sequence parameter set")
    return _sized(config, _AVCC_SPS_COUNT_AT + 1)


def hvcc_sps(config: bytes) -> bytes:
    """The first sequence parameter set in an HEVCDecoderConfigurationRecord, two header bytes included."""
    if len(config) <= _HVCC_ARRAYS_AT:
        raise MalformedConfig("hvcC is too short")
    at = _HVCC_ARRAYS_AT + 1
    for _ in range(config[_HVCC_ARRAYS_AT]):
        kind, count = config[at : at + 1], int.from_bytes(config[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            unit = _sized(config, at)
            if kind[0] & 0x3F == HEVC_SPS:
                return unit
            at += _TWO_BYTE_LENGTH + len(unit)
    raise MalformedConfig("hvcC holds no sequence parameter set")


def _sized(data: bytes, at: int) -> bytes:
    size = int.from_bytes(data[at : at + _TWO_BYTE_LENGTH], "big")
    unit = data[at + _TWO_BYTE_LENGTH : at + _TWO_BYTE_LENGTH + size]
    if not size or len(unit) < size:
        raise MalformedConfig("a parameter set is cut off")
    return unit
