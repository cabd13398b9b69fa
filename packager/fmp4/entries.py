"""Sample entries: the box in stsd that tells a decoder what it will be given, one builder for each codec."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Final

from media.codecs import vpcc_record
from media.track import Codec, Kind
from packager.fmp4.boxes import box, full_box

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.track import Track

_SAMPLE_ENTRY: Final = bytes(6) + b"\x00\x01"
"""reserved, data_reference_index (ISO/IEC 14496-12, 8.5.2.2)."""
_72_DPI: Final = 0x0048_0000
_MAX_ENTRY_RATE: Final = 0xFFFF
"""samplerate is 16.16: rates above stand in the decoder configuration only."""


def sample_entry(track: Track) -> bytes:
    """The sample entry of `track`, named by its codec; its pixels' shape (12.1.4) where they are not square."""
    fields = _visual(track) if track.kind is Kind.VIDEO else _audio(track)
    aspect = box(b"pasp", pack(">II", *track.aspect)) if track.aspect != (1, 1) else b""
    return box(track.codec.value.encode(), _SAMPLE_ENTRY, fields, _CONFIGURATIONS[track.codec](track.config), aspect)


def _visual(track: Track) -> bytes:
    """VisualSampleEntry (ISO/IEC 14496-12, 12.1.3.2): size, 72 dpi, one frame a sample, 24 bits deep."""
    return pack(">16xHHIIIH32xHh", track.width & 0xFFFF, track.height & 0xFFFF, _72_DPI, _72_DPI, 0, 1, 0x18, -1)


def _audio(track: Track) -> bytes:
    """AudioSampleEntry (ISO/IEC 14496-12, 12.2.3.2): channels, 16 bits, sample rate."""
    rate = track.sample_rate if track.sample_rate <= _MAX_ENTRY_RATE else 0
    return pack(">8xHHHHI", track.channels, 16, 0, 0, rate << 16)


def _esds(asc: bytes) -> bytes:
    """ES_Descriptor with the AudioSpecificConfig (ISO/IEC 14496-1, 7.2.6.5 and 14496-14, 5.6)."""
    decoder = _descriptor(
        0x04,
        pack(">BBxHII", 0x40, 0x15, 0, 0, 0),  # MPEG-4 audio, audio stream, buffer and bit rates not told
        _descriptor(0x05, asc),
    )
    return full_box(b"esds", 0, 0, _descriptor(0x03, pack(">HB", 0, 0), decoder, _descriptor(0x06, b"\x02")))


def _descriptor(tag: int, *payload: bytes) -> bytes:
    """A descriptor with its length in 7-bit groups (ISO/IEC 14496-1, 8.3.3)."""
    body = b"".join(payload)
    size = [len(body) & 0x7F]
    while len(body) >> 7 * len(size):
        size.append(len(body) >> 7 * len(size) & 0x7F | 0x80)
    return bytes([tag, *reversed(size)]) + body


_CONFIGURATIONS: Final[dict[Codec, Callable[[bytes], bytes]]] = {
    Codec.H264: lambda config: box(b"avcC", config),
    Codec.HEVC: lambda config: box(b"hvcC", config),
    Codec.AV1: lambda config: box(b"av1C", config),
    Codec.VP9: lambda config: full_box(b"vpcC", 1, 0, vpcc_record(config)),
    Codec.AAC: _esds,
    Codec.OPUS: lambda config: box(b"dOps", config),
}
