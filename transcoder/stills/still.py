"""One key frame, as the picture that a viewer would see: turned, with square pixels, as a JPEG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import av

from media.track import Codec
from transcoder.frames import as_jpeg, filtered

if TYPE_CHECKING:
    from media.track import Track

SIDE: Final = 640
"""The longer side: what a library shows, twice as fine."""
_QUALITY: Final = 4
"""Of JPEG, as libav counts: some 60 KB."""
_DECODERS: Final = {Codec.H264: "h264", Codec.HEVC: "hevc", Codec.AV1: "libdav1d", Codec.VP9: "vp9"}
_TURNS: Final = {90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}


class StillError(ValueError):
    """The frame gives no picture."""


def still(track: Track, frame: bytes) -> bytes:
    """A JPEG of a key frame of a video track. Raises StillError."""
    try:
        shown = filtered(_decoded(track, frame), *_TURNS.get(track.rotation, ()), *_scaling(track), "format=yuvj420p")
        return as_jpeg(shown, _QUALITY)
    except (av.FFmpegError, MemoryError) as error:
        raise StillError("the frame cannot be decoded") from error


def _decoded(track: Track, frame: bytes) -> av.VideoFrame:
    decoder = cast("av.VideoCodecContext", av.CodecContext.create(_DECODERS[track.codec], "r"))
    decoder.thread_count = 1  # each would have a stack, of a memory that is limited
    if track.codec is not Codec.VP9:
        decoder.extradata = track.config
    packet = av.Packet(frame)
    packet.is_keyframe = True
    frames = [*decoder.decode(packet), *decoder.decode(None)]
    if not frames:
        raise StillError("the frame gives no picture")
    return frames[0]


def _scaling(track: Track) -> tuple[str, str]:
    width, height = track.shown_size
    width, height = (width, height) if width and height else (SIDE, SIDE)
    smaller = min(1.0, SIDE / max(width, height))
    return f"scale=w={_even(width * smaller)}:h={_even(height * smaller)}:out_range=pc", "setsar=1"


def _even(pixels: float) -> int:
    return max(2, 2 * round(pixels / 2))
