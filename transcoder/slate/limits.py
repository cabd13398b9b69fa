"""What a picture may be like. It comes from a stranger, and a decoder allocates what the header says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MEDIA_TYPES: Final = ("image/png", "image/jpeg")
MAX_BYTES: Final = 4 << 20
"""Of the file: a photograph of 12 megapixels as a good JPEG, or a drawing of any size as a PNG."""
MAX_PIXELS: Final = 40_000_000
"""Cameras of today give 12 to 40 megapixels. At four bytes each that is 160 MB, a third of what the worker may use; a
PNG of a few kilobytes may promise a hundred times as much, so the header is read before anything is decoded."""
MAX_SIDE: Final = 16_384
"""Of either side: libav's tables for lines grow with it, whatever the other one is."""
MIN_SIDE: Final = 16
MAX_DECODED_BYTES: Final = 4 * MAX_PIXELS


class PictureError(ValueError):
    """A picture that is not taken; the sentence says why, and what would be."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, checked. `codec` is libav's name for its decoder; `data` holds what decoding needs and no more."""

    codec: str
    width: int
    height: int
    data: bytes


def check_size(width: int, height: int, bytes_a_pixel: float) -> None:
    """Refuse what a decoder should not be asked for."""
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureError(
            f"The picture has {width} by {height} pixels; send {MIN_SIDE} to {MAX_SIDE} a side, and at most "
            f"{MAX_PIXELS // 1_000_000} megapixels. 1920 by 1080 is plenty."
        )
    if width * height * bytes_a_pixel > MAX_DECODED_BYTES:
        raise PictureError(
            "The picture takes too much memory when it is decoded; send 8 bits a colour, or make it smaller."
        )
