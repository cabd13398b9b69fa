"""Encodes a still frame as a `Loop`, with libx264."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av

from media.annexb import units, with_lengths
from media.parameter_sets import is_delimiter, kind, record
from media.track import VIDEO_TIMESCALE, Codec, Track
from transcoder.slate.loop import LOOP_S, Loop

if TYPE_CHECKING:
    from collections.abc import Sequence

SPS_ID: Final = 31
"""Of our parameter sets, the last there is: encoders number theirs from 0, and a decoder that is not begun anew between
two runs (see `_sample`) must not take ours for those of the publisher."""
_SEI: Final = 6
MOST_BIT_RATE: Final = 4_000_000
"""Of a loop; a detailed photograph as a key frame of 1080 lines takes some 3 Mbit, and viewers have had as much."""


def encode(frame: av.VideoFrame, rate: int) -> Loop:
    """Encode it once."""
    encoder = _encoder(frame.width, frame.height, rate)
    packets = [*_sent(encoder, frame, rate * LOOP_S), *encoder.encode(None)]
    config = record(Codec.H264, units(bytes(packets[0])))
    track = Track(Codec.H264, VIDEO_TIMESCALE, config, frame.width, frame.height, frame_rate=float(rate))
    return Loop(track, tuple(_sample(bytes(packet)) for packet in packets))


def _sample(stream: bytes) -> bytes:
    """One access unit without delimiters and remarks, which nobody needs.

    Parameter sets stay before key frames, though they are in the configuration, too: FFmpeg's reader of HLS (5 to 7)
    heeds the first init segment only, and is lost at a run with others.
    """
    found = units(stream)
    return with_lengths(u for u in found if not is_delimiter(Codec.H264, u) and kind(Codec.H264, u) != _SEI)


def _sent(encoder: av.VideoCodecContext, frame: av.VideoFrame, count: int) -> Sequence[av.Packet[Any]]:
    packets: list[av.Packet[Any]] = []
    for number in range(count):
        frame.pts, frame.time_base = number, encoder.time_base
        packets += encoder.encode(frame)
    return packets


def _encoder(width: int, height: int, rate: int) -> av.VideoCodecContext:
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(rate), Fraction(1, rate)
    encoder.gop_size, encoder.max_b_frames = rate * LOOP_S, 0
    encoder.thread_count = 1  # each has its stack and pictures, of a memory that is limited
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",  # nothing is looked ahead at, nothing held back
        "crf": "20",
        "maxrate": str(MOST_BIT_RATE),
        "bufsize": str(2 * MOST_BIT_RATE),
        "x264-params": f"scenecut=0:ref=1:sps-id={SPS_ID}:colorprim=bt709:transfer=bt709:colormatrix=bt709",
    }
    return encoder
