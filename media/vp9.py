"""The size of the picture, from the uncompressed header of a VP9 key frame: vpcC does not tell it. And vpcC itself.

Sections are those of the VP9 Bitstream & Decoding Process Specification. The first frame of a superframe
(annex B) stands at its beginning, so a superframe's size is that of its first frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media.bits import BitReader, MalformedConfig

_HEADER: Final = 10
"""Bytes from frame_marker to the end of frame_size(), in the longest form of a key frame's header: 73 bits."""
_FRAME_MARKER: Final = 2
_SYNC_CODE: Final = 0x498342
_RGB: Final = 7
_MAX_DIMENSION: Final = 65_535
"""ISO BMFF sample entries hold 16 bits; VP9 can code one more."""


_MATRICES: Final = {1: 6, 2: 1, 3: 6, 4: 7, 5: 9, 7: 0}
"""color_space (7.2.2) as matrixCoefficients of ISO/IEC 23091-2; any other is 2, which says nothing."""
_UNSPECIFIED: Final = 2
_LEVELS: Final = (
    (10, 829_440, 36_864),
    (11, 2_764_800, 73_728),
    (20, 4_608_000, 122_880),
    (21, 9_216_000, 245_760),
    (30, 20_736_000, 552_960),
    (31, 36_864_000, 983_040),
    (40, 83_558_400, 2_228_224),
    (41, 160_432_128, 2_228_224),
    (50, 311_951_360, 8_912_896),
    (51, 588_251_136, 8_912_896),
    (52, 1_176_502_272, 8_912_896),
    (60, 1_176_502_272, 35_651_584),
    (61, 2_353_004_544, 35_651_584),
    (62, 4_706_009_088, 35_651_584),
)
"""Ten times the level, and the luma samples a second and a picture that it allows (annex A)."""
_USUAL_RATE: Final = 30.0


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """What the header of a key frame says. `chroma` is as vpcC has it: 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4."""

    profile: int
    depth: int
    chroma: int
    matrix: int
    full_range: bool
    width: int
    height: int


def vp9_size(frame: bytes) -> tuple[int, int]:
    """Width and height that a key frame decodes to (6.2); (0, 0) for any other frame.

    Those may have another size too, but a decoder scales their references and goes on (6.2.5); nothing begins anew.
    Raises MalformedConfig for what is no VP9 frame.
    """
    key = vp9_key_frame(frame)
    return (key.width, key.height) if key else (0, 0)


def vp9_record(key: KeyFrame, rate: float | None) -> bytes:
    """A VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding); the level is the least that will do."""
    size = key.width * key.height
    pace = size * (rate or _USUAL_RATE)
    level = next((level for level, most, largest in _LEVELS if pace <= most and size <= largest), _LEVELS[-1][0])
    format_ = key.depth << 4 | key.chroma << 1 | key.full_range
    return bytes([key.profile, level, format_, _UNSPECIFIED, _UNSPECIFIED, key.matrix, 0, 0])


def vp9_key_frame(frame: bytes) -> KeyFrame | None:
    """Read the header of a key frame; None for any other frame."""
    bits = BitReader(frame[:_HEADER])
    if bits.read(2) != _FRAME_MARKER:
        raise MalformedConfig("there is no frame marker")
    profile = bits.read(1) | bits.read(1) << 1
    if profile == 3 and bits.flag():  # noqa: PLR2004 - reserved_zero: there is no profile above 3 yet
        raise MalformedConfig("the profile is unknown")
    if bits.flag() or bits.flag():  # show_existing_frame; frame_type, which is 0 for key frames
        return None
    bits.read(2)  # show_frame, error_resilient_mode
    if bits.read(24) != _SYNC_CODE:
        raise MalformedConfig("there is no sync code")
    depth, chroma, matrix, full_range = _color(bits, profile)
    width, height = bits.read(16) + 1, bits.read(16) + 1
    if width > _MAX_DIMENSION or height > _MAX_DIMENSION:
        raise MalformedConfig("the picture has an impossible size")
    return KeyFrame(profile, depth, chroma, matrix, full_range, width, height)


def _color(bits: BitReader, profile: int) -> tuple[int, int, int, bool]:
    """Read color_config(), 6.2.2: odd profiles have other subsampling or RGB, those above 1 ten or twelve bits."""
    depth = (12 if bits.flag() else 10) if profile > 1 else 8
    space = bits.read(3)
    full_range, chroma = True, 3
    if space != _RGB:
        full_range, chroma = bits.flag(), _chroma(bits) if profile & 1 else 1
    elif profile & 1:
        bits.flag()  # reserved_zero
    else:
        raise MalformedConfig("RGB in a profile that has none")
    return depth, chroma, _MATRICES.get(space, _UNSPECIFIED), full_range


def _chroma(bits: BitReader) -> int:
    """Read subsampling_x, subsampling_y and reserved_zero. vpcC has no number for 4:4:0, which decodes as any other."""
    across, _ = bits.flag(), bits.read(2)
    return 2 if across else 3
