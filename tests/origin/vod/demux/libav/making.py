"""Files of all kinds, made by PyAV's encoders and muxers, and what decoders make of the samples that are read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fractions import Fraction
from math import sin
from typing import TYPE_CHECKING, Any

import av

from media.track import Codec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.container import OutputContainer

    from media.sample import Sample
    from media.track import Track

DECODERS = {
    Codec.H264: "h264",
    Codec.HEVC: "hevc",
    Codec.AV1: "libdav1d",
    Codec.VP9: "vp9",
    Codec.AAC: "aac",
    Codec.OPUS: "opus",
}
OPTIONS = {
    "libx264": {"preset": "ultrafast", "bf": "2", "g": "10", "x264-params": "scenecut=0"},
    "libx265": {"preset": "ultrafast", "g": "10", "x265-params": "log-level=none:bframes=2:keyint=10"},
    "libsvtav1": {"preset": "12", "g": "10"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "g": "10"},
}


@dataclass(frozen=True)
class Video:
    """Moving pictures, 25 a second."""

    encoder: str = "libx264"
    frames: int = 25
    size: tuple[int, int] = (160, 90)
    pix_fmt: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    rotation: int = 0
    disposition: int | None = None
    tag: str | None = None
    aspect: Fraction | None = None


@dataclass(frozen=True)
class Sound:
    """A tone."""

    encoder: str = "aac"
    seconds: float = 1.0
    rate: int = 48_000
    layout: str = "stereo"
    format: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    begin: int = 0
    bit_rate: int | None = None
    options: dict[str, str] = field(default_factory=dict)


def make(path: Path, kind: str, *streams: Video | Sound, **options: str) -> Path:
    """Write a file in libav's format `kind`; its options may follow."""
    # SVT-AV1 takes real-time priority where root runs it
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        with av.open(str(path), "w", format=kind, container_options=options) as container:
            _write(container, streams)
    finally:
        os.sched_setscheduler(0, policy, priority)
    return path


def _write(container: OutputContainer, streams: Iterable[Video | Sound]) -> None:
    sources: list[tuple[Any, Iterator[Any]]] = [
        (_video(container, wanted), pictures(wanted))
        if isinstance(wanted, Video)
        else (_sound(container, wanted), tones(wanted))
        for wanted in streams
    ]
    for stream, frames in sources:
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _video(container: OutputContainer, wanted: Video) -> av.VideoStream:
    options = OPTIONS.get(wanted.encoder, {}) | wanted.options
    stream = container.add_stream(wanted.encoder, rate=25, options=options)
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = *wanted.size, wanted.pix_fmt
    stream.metadata.update(wanted.metadata)
    stream.codec_context.thread_count = 1
    if wanted.aspect:
        stream.codec_context.sample_aspect_ratio = wanted.aspect
    if wanted.tag:
        stream.codec_context.codec_tag = wanted.tag
    if wanted.rotation:
        stream.set_display_rotation(wanted.rotation)
    if wanted.disposition is not None:
        stream.disposition = av.stream.Disposition(wanted.disposition)
    return stream


def _sound(container: OutputContainer, wanted: Sound) -> av.AudioStream:
    stream = container.add_stream(wanted.encoder, rate=wanted.rate, layout=wanted.layout, options=wanted.options)
    assert isinstance(stream, av.AudioStream)
    if wanted.bit_rate:
        stream.bit_rate = wanted.bit_rate
    if wanted.format:
        stream.codec_context.format = wanted.format
    stream.metadata.update(wanted.metadata)
    return stream


def pictures(wanted: Video) -> Iterator[av.VideoFrame]:
    for index in range(wanted.frames):
        frame = av.VideoFrame(*wanted.size, "yuv420p")
        for number, plane in enumerate(frame.planes):
            row = bytes((x * (number + 1) + 7 * index) % 256 for x in range(plane.line_size))
            plane.update(row * plane.height)
        frame = frame if wanted.pix_fmt == "yuv420p" else frame.reformat(format=wanted.pix_fmt)
        frame.pts, frame.time_base = index, Fraction(1, 25)
        yield frame


def tones(wanted: Sound) -> Iterator[av.AudioFrame]:
    channels = av.AudioLayout(wanted.layout).nb_channels
    for start in range(0, round(wanted.seconds * wanted.rate), 1024):
        frame = av.AudioFrame("s16", wanted.layout, min(1024, round(wanted.seconds * wanted.rate) - start))
        levels = (int(8000 * sin((start + i) * 2764.6 / wanted.rate)) for i in range(frame.samples))
        frame.planes[0].update(b"".join(level.to_bytes(2, "little", signed=True) * channels for level in levels))
        frame.sample_rate, frame.pts, frame.time_base = wanted.rate, wanted.begin + start, Fraction(1, wanted.rate)
        yield frame


def decoded(track: Track, samples: Iterable[Sample], *, strict: bool = True) -> list[av.VideoFrame | av.AudioFrame]:
    """What a decoder that knows the track's configuration alone makes of the samples.

    A strict one raises for the least irregularity, as a picture that is no IDR is one at the beginning.
    """
    decoder = av.CodecContext.create(DECODERS[track.codec], "r")
    assert isinstance(decoder, av.VideoCodecContext | av.AudioCodecContext)
    decoder.thread_count = 1
    decoder.options = {"err_detect": "explode"} if strict else {}
    config = track.config
    if track.codec is Codec.OPUS:
        numbers = config[2:4][::-1] + config[4:8][::-1] + config[8:10][::-1]
        config = b"OpusHead\x01" + config[1:2] + numbers + config[10:]
    if track.codec is not Codec.VP9:
        decoder.extradata = config
    frames: list[av.VideoFrame | av.AudioFrame] = []
    for sample in samples:
        frames += decoder.decode(av.Packet(bytes(sample.data)))
    return [*frames, *decoder.decode(None)]
