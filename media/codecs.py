"""What decoder configuration records say: the codec string of RFC 6381, picture size, sound format.

Every function takes bytes from a stranger. Bytes that do not follow their specification raise MalformedConfig.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.bits import BitReader, MalformedConfig
from media.nalu import avcc_sps, hvcc_sps
from media.sps import av1_size, h264_size, hevc_size
from media.track import Codec, Track

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AacConfig", "MalformedConfig", "aac_config", "aac_info", "codec_string", "video_size", "vpcc_record"]

_AAC_RATES: Final = (
    96_000,
    88_200,
    64_000,
    48_000,
    44_100,
    32_000,
    24_000,
    22_050,
    16_000,
    12_000,
    11_025,
    8_000,
    7_350,
)
"""samplingFrequencyIndex (ISO/IEC 14496-3, table 1.18)."""
_AAC_EXPLICIT_RATE: Final = 15
_AAC_CHANNELS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 13: 24, 14: 8}
"""channelConfiguration (ISO/IEC 14496-3, table 1.19)."""
_SBR: Final = 5
_PARAMETRIC_STEREO: Final = 29
_ESCAPED_OBJECT_TYPE: Final = 31
_BSAC: Final = 22
_GENERAL_AUDIO: Final = frozenset({1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23})


@dataclass(frozen=True, slots=True)
class AacConfig:
    """An AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), read as far as it matters here.

    `sample_rate` (Hz) is that of the core coder, at which a frame has `frame_length` samples; where explicit SBR
    doubles it, `output_rate` is the doubled one. `channels` is what comes out, with parametric stereo counted.
    """

    object_type: int
    sample_rate: int
    output_rate: int
    channels: int
    frame_length: int


def aac_config(asc: bytes) -> AacConfig:
    """Read an AudioSpecificConfig with hierarchical (explicit) signalling of SBR and PS."""
    bits = BitReader(asc)
    object_type = core = _object_type(bits)
    rate = output_rate = _aac_rate(bits)
    layout = bits.read(4)
    if object_type in (_SBR, _PARAMETRIC_STEREO):
        output_rate = _aac_rate(bits)
        core = _object_type(bits)
        if core == _BSAC:
            bits.read(4)  # extensionChannelConfiguration
    if core not in _GENERAL_AUDIO:
        raise MalformedConfig(f"audio object type {core} is not carried")
    frame_length, channels = _general_audio(bits, layout)
    if object_type == _PARAMETRIC_STEREO and channels == 1:
        channels = 2
    return AacConfig(object_type, rate, output_rate, channels, frame_length)


def aac_info(asc: bytes) -> tuple[int, int]:
    """Sample rate of the core coder (Hz; a frame has 1024 samples of these, SBR or not) and channels put out."""
    config = aac_config(asc)
    return config.sample_rate, config.channels


def _object_type(bits: BitReader) -> int:
    value = bits.read(5)
    return 32 + bits.read(6) if value == _ESCAPED_OBJECT_TYPE else value


def _aac_rate(bits: BitReader) -> int:
    index = bits.read(4)
    rate = bits.read(24) if index == _AAC_EXPLICIT_RATE else dict(enumerate(_AAC_RATES)).get(index, 0)
    if not rate:
        raise MalformedConfig("the AAC sample rate is unknown")
    return rate


def _general_audio(bits: BitReader, layout: int) -> tuple[int, int]:
    """Frame length and channels by GASpecificConfig (ISO/IEC 14496-3, 4.4.1)."""
    frame_length = 960 if bits.flag() else 1024
    if bits.flag():  # dependsOnCoreCoder
        bits.read(14)
    bits.flag()  # extensionFlag
    channels = _AAC_CHANNELS.get(layout, 0) if layout else _program_channels(bits)
    if not channels:
        raise MalformedConfig("the AAC channel configuration is unknown")
    return frame_length, channels


def _program_channels(bits: BitReader) -> int:
    """Channels of a program_config_element (ISO/IEC 14496-3, table 4.2)."""
    bits.read(10)  # element_instance_tag, object_type, sampling_frequency_index
    speakers = bits.read(4) + bits.read(4) + bits.read(4)
    low_frequency = bits.read(2)
    bits.read(7)  # associated data and coupling elements
    for size in (4, 4, 3):  # mono, stereo and matrix mixdown
        if bits.flag():
            bits.read(size)
    pairs = sum(bits.read(5) >> 4 for _ in range(speakers))
    return speakers + pairs + low_frequency


def vpcc_record(config: bytes) -> bytes:
    """A VPCodecConfigurationRecord without the version and flags that some publishers leave in front of it."""
    record = config[4:] if config[:4] == b"\x01\x00\x00\x00" and len(config) >= 12 else config  # noqa: PLR2004 - 4 + 8
    if len(record) < 8:  # noqa: PLR2004 - the record's fixed part
        raise MalformedConfig("vpcC is too short")
    return record


def video_size(codec: Codec, config: bytes) -> tuple[int, int]:
    """Width and height that a decoder will put out; (0, 0) where `config` does not tell.

    That is so for a bare av1C, and for VP9 (see `media.vp9`).
    """
    match codec:
        case Codec.H264:
            return h264_size(avcc_sps(config))
        case Codec.HEVC:
            return hevc_size(hvcc_sps(config))
        case Codec.AV1:
            return av1_size(config[4:])
        case _:
            return 0, 0


def codec_string(track: Track) -> str:
    """The `codecs` parameter (RFC 6381 and the codecs' own ISO BMFF bindings), for example `avc1.64001F`."""
    return _STRINGS[track.codec](track.config)


def _h264_string(config: bytes) -> str:
    if len(config) < 4:  # noqa: PLR2004 - version, profile, compatibility, level
        raise MalformedConfig("avcC is too short")
    return f"avc1.{config[1:4].hex().upper()}"


def _hevc_string(config: bytes) -> str:
    """ISO/IEC 14496-15, E.3: profile, reversed compatibility flags, tier and level, constraint bytes."""
    if len(config) < 13:  # noqa: PLR2004 - up to general_level_idc
        raise MalformedConfig("hvcC is too short")
    space = ("", "A", "B", "C")[config[1] >> 6]
    tier = "H" if config[1] & 0x20 else "L"
    compatibility = int(f"{int.from_bytes(config[2:6], 'big'):032b}"[::-1], 2)
    constraints = [f"{byte:X}" for byte in config[6:12].rstrip(b"\x00")]
    return ".".join([f"hvc1.{space}{config[1] & 0x1F}", f"{compatibility:X}", f"{tier}{config[12]}", *constraints])


def _av1_string(config: bytes) -> str:
    """AV1 Codec ISO Media File Format Binding, section 5: profile, level and tier, bit depth."""
    if len(config) < 4:  # noqa: PLR2004 - the record's fixed part
        raise MalformedConfig("av1C is too short")
    profile, level, tier = config[1] >> 5, config[1] & 0x1F, "H" if config[2] & 0x80 else "M"
    depth = (12 if config[2] & 0x20 else 10) if config[2] & 0x40 else 8
    return f"av01.{profile}.{level:02d}{tier}.{depth:02d}"


def _vp9_string(config: bytes) -> str:
    record = vpcc_record(config)
    return f"vp09.{record[0]:02d}.{record[1]:02d}.{record[2] >> 4:02d}"


def _aac_string(config: bytes) -> str:
    return f"mp4a.40.{aac_config(config).object_type}"


def _opus_string(_: bytes) -> str:
    return "Opus"


_STRINGS: Final[dict[Codec, Callable[[bytes], str]]] = {
    Codec.H264: _h264_string,
    Codec.HEVC: _hevc_string,
    Codec.AV1: _av1_string,
    Codec.VP9: _vp9_string,
    Codec.AAC: _aac_string,
    Codec.OPUS: _opus_string,
}
