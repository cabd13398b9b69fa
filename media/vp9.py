"""The size of the picture, from the uncompressed header of a VP9 key frame: vpcC does not tell it.

Sections are those of the VP9 Bitstream & Decoding Process Specification. The first frame of a superframe
(annex B) stands at its beginning, so a superframe's size is that of its first frame.
"""

from __future__ import annotations

from typing import Final

from media.bits import BitReader, MalformedConfig

_HEADER: Final = 10
"""Bytes from frame_marker to the end of frame_size(), in the longest form of a key frame's header: 73 bits."""
_FRAME_MARKER: Final = 2
_SYNC_CODE: Final = 0x498342
_RGB: Final = 7
_MAX_DIMENSION: Final = 65_535
"""ISO BMFF sample entries hold 16 bits; VP9 can code one more."""


def vp9_size(frame: bytes) -> tuple[int, int]:
    """Width and height that a key frame decodes to (6.2); (0, 0) for any other frame.

    Those may have another size too, but a decoder scales their references and goes on (6.2.5); nothing begins anew.
    Raises MalformedConfig for what is no VP9 frame.
    """
    bits = BitReader(frame[:_HEADER])
    if bits.read(2) != _FRAME_MARKER:
        raise MalformedConfig("there is no frame marker")
    profile = bits.read(1) | bits.read(1) << 1
    if profile == 3 and bits.flag():  # noqa: PLR2004 - reserved_zero: there is no profile above 3 yet
        raise MalformedConfig("the profile is unknown")
    if bits.flag() or bits.flag():  # show_existing_frame; frame_type, which is 0 for key frames
        return 0, 0
    bits.read(2)  # show_frame, error_resilient_mode
    if bits.read(24) != _SYNC_CODE:
        raise MalformedConfig("there is no sync code")
    _skip_color(bits, profile)
    width, height = bits.read(16) + 1, bits.read(16) + 1
    if width > _MAX_DIMENSION or height > _MAX_DIMENSION:
        raise MalformedConfig("the picture has an impossible size")
    return width, height


def _skip_color(bits: BitReader, profile: int) -> None:
    """Read color_config(), 6.2.2: odd profiles have other subsampling or RGB, those above 1 ten or twelve bits."""
    if profile > 1:
        bits.flag()  # ten_or_twelve_bit
    if bits.read(3) != _RGB:  # color_space
        bits.flag()  # color_range
        if profile & 1:
            bits.read(3)  # subsampling_x, subsampling_y, reserved_zero
    elif profile & 1:
        bits.flag()  # reserved_zero
    else:
        raise MalformedConfig("RGB in a profile that has none")
