"""Frames as a publisher sends them, made up: their times are what is looked at, not their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from media.sample import Frame
from media.track import VIDEO_TIMESCALE, Codec, Kind, Track

if TYPE_CHECKING:
    from collections.abc import Iterator

AVCC = bytes.fromhex("0164001fffe1000467640000010000")
VIDEO = Track(Codec.H264, VIDEO_TIMESCALE, AVCC, 1280, 720, frame_rate=30.0)
LARGER = Track(Codec.H264, VIDEO_TIMESCALE, AVCC, 1920, 1080, frame_rate=30.0)
AUDIO = Track(Codec.AAC, 48_000, bytes.fromhex("1190"), sample_rate=48_000, channels=2)


class Takes(Protocol):
    """What frames are pushed into."""

    def push(self, frame: Frame) -> None: ...


def picture(ms: int, *, key: bool = False, size: int = 100) -> Frame:
    return Frame(Kind.VIDEO, ms, 0, key, b"p" * size)


def sound(ms: int) -> Frame:
    return Frame(Kind.AUDIO, ms, 0, key=True, data=b"\x21\x10\x04\x60\x8c\x1c")


def pictures(seconds: float, *, start_ms: int = 0, gop: int = 60) -> Iterator[Frame]:
    """30 frames a second, a key frame every `gop` (0: none)."""
    for number in range(round(seconds * 30)):
        yield picture(start_ms + number * 1000 // 30, key=bool(gop) and number % gop == 0)


def sounds(seconds: float, *, start_ms: int = 0) -> Iterator[Frame]:
    """AAC at 48 kHz."""
    for number in range(round(seconds * 48_000 / 1_024)):
        yield sound(start_ms + number * 1_024_000 // 48_000)


def both(seconds: float, *, start_ms: int = 0, gop: int = 60) -> list[Frame]:
    """Pictures and sound in the order of their times."""
    mixed = [*pictures(seconds, start_ms=start_ms, gop=gop), *sounds(seconds, start_ms=start_ms)]
    return sorted(mixed, key=lambda frame: frame.dts_ms)


def push_all(into: Takes, frames: Iterator[Frame] | list[Frame]) -> None:
    for frame in frames:
        into.push(frame)
