"""Publishers' frames made by rule, and what a player would say to the samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from media.sample import Frame, Sample
from media.track import VIDEO_TIMESCALE, Codec, Kind, Track
from origin.live.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

AAC_RATE = 48_000
AAC_TRACK = Track(Codec.AAC, AAC_RATE, bytes.fromhex("1190"), sample_rate=AAC_RATE, channels=2)
OPUS_TRACK = Track(Codec.OPUS, 48_000, b"", sample_rate=48_000, channels=2)
SURROUND = Track(Codec.AAC, AAC_RATE, bytes.fromhex("1180"), sample_rate=AAC_RATE, channels=6)
"""Layout 0 (a program config element): no silent frame is known for it."""


def video_track(frame_rate: float | None = 30.0) -> Track:
    return Track(Codec.H264, VIDEO_TIMESCALE, b"", 640, 360, frame_rate=frame_rate)


def picture(ms: int, cts: int = 0, *, key: bool = False) -> Frame:
    return Frame(Kind.VIDEO, ms, cts, key, b"picture")


def sound(ms: int, data: bytes = b"sound") -> Frame:
    return Frame(Kind.AUDIO, ms, 0, key=True, data=data)


def pictures(begin_ms: int, end_ms: int, rate: float = 30.0) -> list[Frame]:
    """Pictures of a constant rate from `begin_ms`, each stamp rounded down."""
    count = int((end_ms - begin_ms) * rate / 1000)
    return [picture(begin_ms + int(n * 1000 / rate)) for n in range(count)]


def sounds(begin_ms: int, end_ms: int, span: int = 1024, data: bytes = b"sound") -> list[Frame]:
    """Frames of `span` samples at 48 kHz from `begin_ms`."""
    count = (end_ms - begin_ms) * AAC_RATE // (span * 1000)
    return [sound(begin_ms + n * span * 1000 // AAC_RATE, data) for n in range(count)]


def interleaved(*tracks: list[Frame]) -> list[Frame]:
    return sorted((frame for track in tracks for frame in track), key=lambda frame: frame.dts_ms)


def moved(frames: Iterable[Frame], ms: int) -> list[Frame]:
    return [Frame(f.kind, f.dts_ms + ms, f.cts_ms, f.key, f.data) for f in frames]


@dataclass
class Watched:
    """A timeline and all that came out of it."""

    tracks: tuple[Track, ...]
    start_s: float = 1.0
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timeline = Timeline(self.start_s)
        self.scale = {track.kind: track.timescale for track in self.tracks}
        for track in self.tracks:
            assert self.timeline.set_track(track) == []

    def push(self, frames: Iterable[Frame]) -> Watched:
        for frame in frames:
            self.samples += self.timeline.push(frame)
        return self

    def done(self) -> Watched:
        self.samples += self.timeline.flush()
        return self

    def of(self, kind: Kind) -> list[Sample]:
        return [sample for sample in self.samples if sample.kind is kind]

    def begin_s(self, kind: Kind) -> float:
        return self.of(kind)[0].dts / self.scale[kind]

    def end_s(self, kind: Kind) -> float:
        last = self.of(kind)[-1]
        return (last.dts + last.duration) / self.scale[kind]

    def holes(self, kind: Kind) -> list[tuple[int, int]]:
        """End of a sample and beginning of the next, wherever they differ."""
        found = self.of(kind)
        ends = [(a.dts + a.duration, b.dts) for a, b in pairwise(found)]
        return [pair for pair in ends if pair[0] != pair[1]]

    def faults(self) -> dict[str, int]:
        return {str(fault): count for fault, count in self.timeline.faults.items()}
