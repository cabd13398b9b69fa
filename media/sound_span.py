"""How long a coded frame of sound lasts, in ticks of its track: sound is counted, not read off the stamps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.codecs import MalformedConfig, aac_config

if TYPE_CHECKING:
    from media.track import Track

_OPUS_RATE: Final = 48_000
_OPUS_MOST: Final = 5_760
"""120 ms: RFC 6716, 3.2.5, requirement R5."""
_SILK: Final = (480, 960, 1_920, 2_880)
_HYBRID: Final = (480, 960)
_CELT: Final = (120, 240, 480, 960)
_OPUS_FRAMES: Final = _SILK * 3 + _HYBRID * 2 + _CELT * 4
"""Samples at 48 kHz by the five configuration bits (RFC 6716, table 2)."""
_AAC_FRAME: Final = 1_024


def aac_span(track: Track) -> int:
    """Ticks of an AAC frame: 1024 (or 960) samples of the core coder, twice as many ticks if SBR sets the timescale."""
    try:
        config = aac_config(track.config)
    except MalformedConfig:
        return _AAC_FRAME
    return max(1, config.frame_length * track.timescale // config.sample_rate)


def opus_span(packet: bytes, timescale: int = _OPUS_RATE) -> int:
    """Ticks of an Opus packet by its TOC byte and frame count (RFC 6716, 3.1 and 3.2); 20 ms if it has none."""
    frame = _OPUS_FRAMES[packet[0] >> 3] if packet else 960
    samples = min(_OPUS_MOST, frame * _opus_count(packet)) or frame
    return samples * timescale // _OPUS_RATE


def _opus_count(packet: bytes) -> int:
    code = packet[0] & 3 if packet else 0
    if code < 3:  # noqa: PLR2004 - code 3 carries its count
        return (1, 2, 2)[code]
    return packet[1] & 0x3F if len(packet) > 1 else 1
