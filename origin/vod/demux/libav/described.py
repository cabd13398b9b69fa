"""What a container says of a stream, as a `Track`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import av
from av.error import FFmpegError

from media.bits import MalformedConfig
from media.codecs import aac_info, video_size
from media.track import Codec, Track
from media.vp9 import vp9_size
from origin.vod.demux.libav.languages import language_of
from origin.vod.demux.libav.stamps import base_of, timescale_of

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

    from origin.vod.demux.libav.forms import Form

_MATRIX: Final = frozenset({"mov", "matroska"})
"""Containers that turn pictures. What streams say of it by themselves (SEI), browsers do not heed."""
_QUARTER: Final = 90
_TURN: Final = 360
_MOST_NAME: Final = 200
"""Characters of a title; longer ones are no titles."""
_MOST_RATE: Final = 480
_OPUS_RATE: Final = 48_000
_OPUS_CHANNELS_AT: Final = 1


def video(stream: av.VideoStream, form: Form, first: Packet[Stream]) -> Track:
    """A track of pictures that begins with `first`."""
    width, height = _size(stream, form, bytes(first))
    aspect = stream.sample_aspect_ratio
    return Track(
        form.codec,
        timescale_of(base_of(stream)),
        form.config,
        width=width,
        height=height,
        frame_rate=rate_of(stream),
        language=language_of(stream.language),
        name=name_of(stream),
        rotation=_rotation(stream, first),
        aspect=(aspect.numerator, aspect.denominator) if aspect else (1, 1),
    )


def sound(stream: Stream, form: Form) -> Track:
    """A track of sound that players take as it is; on the grid of its sample rate."""
    if form.codec is Codec.AAC:
        rate, channels = aac_info(form.config)
    else:
        rate, channels = _OPUS_RATE, form.config[_OPUS_CHANNELS_AT]
    language, name = language_of(stream.language), name_of(stream)
    return Track(form.codec, rate, form.config, sample_rate=rate, channels=channels, language=language, name=name)


def rate_of(stream: Stream) -> float | None:
    """Pictures a second, on average; None where that is what a clock ticks and no camera."""
    rate = (stream.average_rate or stream.guessed_rate) if isinstance(stream, av.VideoStream) else None
    return float(rate) if rate and rate <= _MOST_RATE else None


def name_of(stream: Stream) -> str:
    """What its author calls it."""
    name = "".join(char for char in stream.metadata.get("title", "") if char.isprintable())
    return name[:_MOST_NAME].strip()


def _size(stream: av.VideoStream, form: Form, first: bytes) -> tuple[int, int]:
    try:
        size = vp9_size(first) if form.codec is Codec.VP9 else video_size(form.codec, form.config)
    except MalformedConfig:
        size = 0, 0
    return size if all(size) else (stream.width, stream.height)


def _rotation(stream: av.VideoStream, first: Packet[Stream]) -> int:
    """By how much to turn pictures clockwise. libav tells it of decoded ones only, so the first one is decoded."""
    if stream.container.format.name not in _MATRIX:
        return 0
    context = stream.codec_context
    context.thread_count = 1
    try:
        shown = [*context.decode(first), *context.decode(None)]
    except (FFmpegError, ValueError):
        return 0
    turned = -shown[0].rotation % _TURN if shown else 0
    return turned if not turned % _QUARTER else 0
