"""Checked pictures through libav: decoded, made small enough to keep, and put in the middle of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import av

from transcoder.frames import as_jpeg, filtered
from transcoder.slate import jpeg, png
from transcoder.slate.limits import MAX_BYTES, MEDIA_TYPES, Picture, PictureError

if TYPE_CHECKING:
    from collections.abc import Callable

_CHECKS: Final[dict[str, Callable[[bytes], Picture]]] = dict(zip(MEDIA_TYPES, (png.check, jpeg.check), strict=True))
STORED_SIDE: Final = 1920
"""The longer side of a picture that is kept: of what is shown larger, nobody misses the details for a minute."""
_QUALITY: Final = 2
"""Of JPEG, as libav counts: the best that is of use."""
_ON_BLACK: Final = ("format=gbrap", "premultiply=inplace=1")
"""What shines through is black, as around the picture; libav would show whatever colours transparent pixels have."""


def checked(media_type: str, data: bytes) -> Picture:
    """Give what a decoder may see of an upload. Raises PictureError."""
    if len(data) > MAX_BYTES:
        raise PictureError(f"The picture has {len(data)} bytes; send at most {MAX_BYTES}.")
    return _CHECKS[media_type](data)


def normalised(picture: Picture) -> bytes:
    """A JPEG of the picture, of our making from the first byte to the last. Raises PictureError."""
    fit = f"w=min({STORED_SIDE}\\,iw):h=min({STORED_SIDE}\\,ih):force_original_aspect_ratio=decrease"
    frame = filtered(_decoded(picture), f"scale={fit}:force_divisible_by=2", *_ON_BLACK, "format=yuvj420p")
    return as_jpeg(frame, _QUALITY)


def fitted(picture: Picture, width: int, height: int) -> av.VideoFrame:
    """The picture in the middle of a frame, as large as it fits, with black around it. Raises PictureError."""
    fit = f"w={width}:h={height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    colours = "out_range=tv:out_color_matrix=bt709"
    return filtered(
        _decoded(picture), f"scale={fit}:{colours}", "format=yuv420p", f"pad=w={width}:h={height}:x=-1:y=-1"
    )


def _decoded(picture: Picture) -> av.VideoFrame:
    decoder = cast("av.VideoCodecContext", av.CodecContext.create(picture.codec, "r"))
    decoder.thread_count = 1  # each would have a stack, of a memory that is limited
    decoder.options = {"err_detect": "explode"}
    try:
        frames = [*decoder.decode(av.Packet(picture.data)), *decoder.decode(None)]
    except av.FFmpegError as error:
        raise PictureError("The picture is damaged, or ends before it is whole; send it again.") from error
    if [(frame.width, frame.height) for frame in frames] != [(picture.width, picture.height)]:
        raise PictureError("The picture is damaged, or not what its header says; send it again.")
    return frames[0]
