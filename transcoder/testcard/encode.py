"""Encoder settings for the card: no frame held back, key frames every second, one thread."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.video.codeccontext import VideoCodecContext

VIDEO_CODEC: Final = "libx264"
AUDIO_CODEC: Final = "aac"
GOP_S: Final = 1
"""Short enough for two second segments whatever their phase; OBS's default of eight would make joining slow."""
VIDEO_BIT_RATE: Final = 2_500_000
AUDIO_BIT_RATE: Final = 96_000
AUDIO_FRAME: Final = 1024
"""Samples in an AAC frame (ISO/IEC 14496-3, 4.4.2)."""


def set_up_video(context: VideoCodecContext, width: int, height: int, frame_rate: int) -> None:
    """Prepare an H.264 encoder whose time base is one frame."""
    context.width, context.height = width, height
    context.pix_fmt = "yuv420p"
    context.framerate = Fraction(frame_rate)
    context.time_base = Fraction(1, frame_rate)
    context.bit_rate = VIDEO_BIT_RATE
    context.gop_size = frame_rate * GOP_S
    context.max_b_frames = 0
    # One thread: the card must leave the machine to what is being shown.
    context.thread_count = 1
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        # A cut would put key frames elsewhere than on the second.
        "sc_threshold": "0",
        "maxrate": str(VIDEO_BIT_RATE),
        "bufsize": str(VIDEO_BIT_RATE // 2),
    }


def set_up_audio(context: AudioCodecContext, sample_rate: int) -> None:
    """Prepare an AAC encoder for the card's sound."""
    context.sample_rate = sample_rate
    context.layout = "mono"
    context.format = "fltp"
    context.bit_rate = AUDIO_BIT_RATE
    context.time_base = Fraction(1, sample_rate)
    # A third of the default's cost; a tone and a beep sound the same.
    context.options = {"aac_coder": "fast"}
