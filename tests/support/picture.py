"""Reading decoded pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transcoder.testcard.barcode import decode

if TYPE_CHECKING:
    import av


def clock_of(frame: av.VideoFrame) -> int:
    """Unix milliseconds in a picture of the test card. Raises BarcodeError."""
    plane = frame.planes[0]
    pixels, stride, width, height = bytes(plane), plane.line_size, frame.width, frame.height
    return decode(lambda x, y: pixels[int(y * height) * stride + int(x * width)])
