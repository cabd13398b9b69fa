"""Made-up tracks and samples for tests that look at times and not at pictures."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from media.sample import Sample
from media.track import VIDEO_TIMESCALE, Codec, Kind, Track
from packager.pipeline import LivePackager, LiveSettings
from tests.packager.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

AVCC = bytes.fromhex("0164001fffe1000467640000010000")
VIDEO = Track(Codec.H264, VIDEO_TIMESCALE, AVCC, 1280, 720, frame_rate=30.0)
AAC = Track(Codec.AAC, 48_000, bytes.fromhex("1190"), sample_rate=48_000, channels=2)
AAC_44 = Track(Codec.AAC, 44_100, bytes.fromhex("1210"), sample_rate=44_100, channels=2)
OPUS = Track(Codec.OPUS, 48_000, bytes.fromhex("00020138 0000bb80 0000 00"), sample_rate=48_000, channels=2)
SURROUND = Track(Codec.OPUS, 48_000, bytes.fromhex("00060138 0000bb80 0000 01 0402 000401020305"), 0, 0, 48_000, 6)
"""Opus of six channels: no silent frame of it is known, so what is missing becomes gaps."""
WALL = 1_800_000_000.0


def settings(**changes: object) -> LiveSettings:
    values: dict[str, object] = {
        "epoch": 1,
        "first_msn": 0,
        "first_discontinuity": 0,
        "low_latency": True,
        "dvr_window_s": 20.0,
        "segment_min_s": 2.0,
    }
    return LiveSettings(**(values | changes))  # type: ignore[arg-type]  # fields of any type


def pictures(
    seconds: float, *, rate: Fraction | int = 30, gop: int = 60, start: float = 0, b_frames: bool = False
) -> Iterator[Sample]:
    """Frames of an even rate, a key frame every `gop`."""
    ticks = VIDEO_TIMESCALE / Fraction(rate)
    first = round(start * VIDEO_TIMESCALE)
    for index in range(round(seconds * rate)):
        dts, end = first + round(index * ticks), first + round((index + 1) * ticks)
        offset = round(ticks * (2 + (0, 1, -1)[index % gop % 3])) if b_frames else 0
        yield picture(dts, end - dts, key=index % gop == 0, offset=offset)


def picture(dts: int, duration: int, *, key: bool, offset: int = 0) -> Sample:
    return Sample(Kind.VIDEO, dts, dts + offset, duration, key, b"%d" % dts * (20 if key else 4))


def sound(seconds: float, *, track: Track = AAC, frame: int = 1024, start: float = 0) -> Iterator[Sample]:
    """Frames of `frame` samples each."""
    first = round(start * track.timescale)
    for index in range(round(seconds * track.timescale / frame)):
        dts = first + index * frame
        yield Sample(Kind.AUDIO, dts, dts, frame, key=True, data=b"%d" % dts)


def mixed(*tracks: tuple[Track, Iterable[Sample]], lag: Sequence[float] = ()) -> list[Sample]:
    """Samples of several tracks in order of arrival; each track may arrive `lag` seconds late."""
    timed = [
        (sample.dts / track.timescale + (lag[number] if lag else 0), number, index, sample)
        for number, (track, samples) in enumerate(tracks)
        for index, sample in enumerate(samples)
    ]
    return [entry[-1] for entry in sorted(timed, key=lambda entry: entry[:3])]


def play(packager: LivePackager, samples: Iterable[Sample], viewer: Viewer | None = None, every: int = 4) -> Viewer:
    """Push samples and let a viewer look at each new segment, and at every few new parts."""
    viewer = viewer or Viewer(packager)
    puts = 0
    closed: list[int] = []
    for sample in samples:
        commands = packager.push(sample)
        timescale = next(
            each.track.timescale for each in packager._renditions.values() if each.track.kind is sample.kind
        )
        viewer.now = max(viewer.now, (sample.dts + sample.duration) / timescale)
        viewer.carry_out(commands)
        before, closed = closed, [window.open_msn for window in packager.windows.values()]
        puts += bool(commands)
        if before != closed or (commands and puts % every == 0):
            viewer.look()
    return viewer


def broadcast(tracks: Sequence[Track], samples: Iterable[Sample], **changes: object) -> tuple[LivePackager, Viewer]:
    """One run from start to close, looked at all the time."""
    packager = LivePackager(settings(**changes))
    viewer = Viewer(packager)
    viewer.carry_out(packager.start(tracks, WALL))
    play(packager, samples, viewer)
    viewer.carry_out(packager.close())
    viewer.look()
    viewer.check_parts()
    return packager, viewer
