"""Real coded pictures and sound, made on the spot by PyAV, as tracks and samples of the stream's own timeline."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import pi, sin
from typing import TYPE_CHECKING, Final

import av

from media.codecs import aac_info, video_size
from media.sample import Sample
from media.track import VIDEO_TIMESCALE, Codec, Kind, Track

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENCODERS: Final = {
    Codec.H264: ("libx264", {"preset": "ultrafast"}),
    Codec.HEVC: ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none"}),
    Codec.AV1: ("libsvtav1", {"preset": "12", "svtav1-params": "fast-decode=1"}),
    Codec.VP9: ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
    Codec.AAC: ("aac", {}),
    Codec.OPUS: ("libopus", {}),
}
_CONFIG_BOX: Final = {
    Codec.H264: b"avcC",
    Codec.HEVC: b"hvcC",
    Codec.AV1: b"av1C",
    Codec.VP9: b"vpcC",
    Codec.OPUS: b"dOps",
}


@dataclass(frozen=True)
class Clip:
    """One coded track and its samples, the first at decode time 0."""

    track: Track
    samples: tuple[Sample, ...]


def interleave(*clips: Clip) -> list[Sample]:
    """Samples of several clips in order of their decode times, as a publisher sends them."""
    timed = [(sample.dts / clip.track.timescale, sample) for clip in clips for sample in clip.samples]
    return [sample for _, sample in sorted(timed, key=lambda pair: pair[0])]


@contextmanager
def _own_priority() -> Iterator[None]:
    """Give back the priority that the calling thread had.

    SVT-AV1 takes real-time priority for it where root runs it, and all that is started later inherits that: a browser
    then leaves nothing of the machine to others.
    """
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


@cache
def video(
    codec: Codec = Codec.H264,
    *,
    seconds: float = 6,
    rate: Fraction = Fraction(30),
    gop: int = 60,
    size: tuple[int, int] = (320, 180),
    b_frames: int = 0,
    scene_cut: bool = False,
) -> Clip:
    """A moving picture. `gop` is the distance of key frames in frames; with `scene_cut` the encoder adds some."""
    encoder, options = _ENCODERS[codec]
    options = options | {"g": str(gop), "bf": str(b_frames)}
    if not scene_cut:
        options["sc_threshold"] = "0"
    buffer = io.BytesIO()
    with _own_priority(), av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream(encoder, rate=rate, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        if codec is Codec.HEVC:
            stream.codec_context.codec_tag = "hvc1"
        for frame in _pictures(round(seconds * rate), size, rate):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return _read(buffer.getvalue(), codec, 1 / rate, float(rate))


@cache
def audio(codec: Codec = Codec.AAC, *, seconds: float = 6, rate: int = 48_000, channels: int = 2) -> Clip:
    """A tone of 440 Hz. AAC has frames of 1024 samples, Opus of 20 ms."""
    encoder, options = _ENCODERS[codec]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream(encoder, rate=rate, options=options, layout="stereo" if channels == 2 else "mono")
        assert isinstance(stream, av.AudioStream)
        for frame in _tone(round(seconds * rate), rate, channels):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return _read(buffer.getvalue(), codec, Fraction(1024, rate) if codec is Codec.AAC else Fraction(1, 50), None)


def _pictures(count: int, size: tuple[int, int], rate: Fraction) -> Iterator[av.VideoFrame]:
    width, height = size
    for index in range(count):
        frame = av.VideoFrame(width, height, "yuv420p")
        for number, plane in enumerate(frame.planes):
            row = bytes((x * (number + 1) + 5 * index) % 256 for x in range(plane.line_size))
            plane.update(row * plane.height)
        frame.pts, frame.time_base = index, 1 / rate
        yield frame


def _tone(count: int, rate: int, channels: int) -> Iterator[av.AudioFrame]:
    for start in range(0, count, 1024):
        frame = av.AudioFrame("s16", "stereo" if channels == 2 else "mono", 1024)
        levels = (int(8000 * sin(2 * pi * 440 * (start + i) / rate)) for i in range(1024))
        frame.planes[0].update(b"".join(level.to_bytes(2, "little", signed=True) * channels for level in levels))
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame


def _read(mp4: bytes, codec: Codec, spacing: Fraction, frame_rate: float | None) -> Clip:
    with av.open(io.BytesIO(mp4), "r") as container:
        stream = container.streams[0]
        config = _box(mp4, _CONFIG_BOX[codec]) if codec in _CONFIG_BOX else bytes(stream.codec_context.extradata or b"")
        track = _track(codec, config, stream, frame_rate)
        packets = [packet for packet in container.demux(stream) if packet.size]
        to_ticks = Fraction(stream.time_base or 1) * track.timescale
        ticks = [(round((p.dts or 0) * to_ticks), round((p.pts or 0) * to_ticks)) for p in packets]
        origin = ticks[0][0]
        ends = [dts for dts, _ in ticks[1:]] + [ticks[-1][0] + round(spacing * track.timescale)]
        samples = tuple(
            Sample(codec.kind, dts - origin, pts - origin, end - dts, packet.is_keyframe, bytes(packet))
            for packet, (dts, pts), end in zip(packets, ticks, ends, strict=True)
        )
    return Clip(track, samples)


def _track(codec: Codec, config: bytes, stream: av.stream.Stream, frame_rate: float | None) -> Track:
    if codec.kind is Kind.VIDEO:
        assert isinstance(stream, av.VideoStream)
        width, height = video_size(codec, config)
        return Track(
            codec, VIDEO_TIMESCALE, config, width or stream.width, height or stream.height, frame_rate=frame_rate
        )
    if codec is Codec.AAC:
        rate, channels = aac_info(config)
        return Track(codec, rate, config, sample_rate=rate, channels=channels)
    return Track(codec, 48_000, config, sample_rate=48_000, channels=config[1])


def _box(mp4: bytes, name: bytes) -> bytes:
    """The payload of the first box called `name`, wherever it is."""
    at = mp4.index(name)
    return mp4[at + 4 : at - 4 + int.from_bytes(mp4[at - 4 : at], "big")]
