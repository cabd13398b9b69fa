"""What libav and ffmpeg make of the file, packet by packet beside what they make of the segments."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

from media.sample import Sample
from media.silence import aac_silence
from media.track import Codec
from tests.packager.mp4.recording import Recording, record, whole
from tests.packager.test_peers import decoded_without_complaint, probed
from tests.support import clips

if TYPE_CHECKING:
    from media.track import Track
    from tests.support.clips import Clip

SILENT = {aac_silence(layout) for layout in range(1, 8)}
"""What pauses are filled with; no tone is coded like this."""
Run = tuple[list["Track"], list[Sample]]


@dataclass(frozen=True)
class Packet:
    """Times in seconds of the movie."""

    dts: Fraction
    pts: Fraction
    key: bool
    data: bytes


def run(*shown: Clip, start: int = 0) -> Run:
    """Clips as one run that begins after `start` seconds."""
    moved = [
        replace(clip, samples=tuple(_later(each, start * clip.track.timescale) for each in clip.samples))
        for clip in shown
    ]
    return [clip.track for clip in shown], clips.interleave(*moved)


def _later(sample: Sample, ticks: int) -> Sample:
    return Sample(sample.kind, sample.dts + ticks, sample.pts + ticks, sample.duration, sample.key, sample.data)


def packets(data: bytes, kind: str) -> list[Packet]:
    with av.open(io.BytesIO(data), "r", format="mp4") as container:
        stream = container.streams.get({kind: 0})[0]
        base = stream.time_base or Fraction(1)
        return [
            Packet((each.dts or 0) * base, (each.pts or 0) * base, each.is_keyframe, bytes(each))
            for each in container.demux(stream)
            if each.size
        ]


def segments(recording: Recording, rendition: str) -> bytes:
    """The first init segment and all segments, as a player puts them together."""
    rows = [row for row in recording.segments if row[0].startswith(f"{rendition}/")]
    return b"".join(recording.objects[name] for name in (rows[0][1], *(name for name, _ in rows)))


def is_the_same(recording: Recording) -> None:
    """Each packet of the file is that of the segments, at the same time, counted from what is shown first."""
    data = whole(recording)
    names = sorted({name[:2] for name, _ in recording.segments})
    sources = {name: packets(segments(recording, name), "video" if name == "v0" else "audio") for name in names}
    origin = min(each[0].pts for each in sources.values())
    for name, expected in sources.items():
        found = [each for each in packets(data, "video" if name == "v0" else "audio") if each.data not in SILENT]
        assert [(each.key, each.data) for each in found] == [(each.key, each.data) for each in expected]
        for one, other in zip(found, expected, strict=True):
            assert abs(one.pts - (other.pts - origin)) < Fraction(1, 90_000), "less than a tick of the movie's"
            assert one.pts - one.dts == other.pts - other.dts


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC, Codec.AV1, Codec.VP9])
@pytest.mark.parametrize("sound", [Codec.AAC, Codec.OPUS])
def test_packet_by_packet(codec: Codec, sound: Codec) -> None:
    recording = record(run(clips.video(codec, seconds=5), clips.audio(sound, seconds=5)))
    is_the_same(recording)
    decoded_without_complaint("-i", "-", data=whole(recording))


def test_packet_by_packet_with_b_frames_and_44100_hz() -> None:
    recording = record(run(clips.video(seconds=6, b_frames=2), clips.audio(seconds=6, rate=44_100)))
    is_the_same(recording)
    decoded_without_complaint("-i", "-", data=whole(recording))


def test_packet_by_packet_alone() -> None:
    is_the_same(record(run(clips.video(seconds=4))))
    is_the_same(record(run(clips.audio(seconds=4))))


def test_packet_by_packet_over_a_reconnection() -> None:
    shown = [clips.video(seconds=4, b_frames=2), clips.audio(seconds=4)]
    recording = record(run(*shown), run(*shown, start=9))
    is_the_same(recording)
    told = probed(whole(recording))
    assert float(told["format"]["duration"]) == pytest.approx(13, abs=0.1)
    decoded_without_complaint("-i", "-", data=whole(recording))


def test_durations_are_those_of_the_recording() -> None:
    told = probed(whole(record(run(clips.video(seconds=5, b_frames=2), clips.audio(seconds=5)))))
    assert float(told["format"]["duration"]) == pytest.approx(5, abs=0.05)
    assert float(told["format"]["start_time"]) == 0
    assert [float(each["duration"]) for each in told["streams"]] == pytest.approx([5, 5], abs=0.1)
    assert [each["codec_name"] for each in told["streams"]] == ["h264", "aac"]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC, Codec.AV1, Codec.VP9])
def test_pictures_that_change_their_size_are_decoded_in_both(codec: Codec) -> None:
    sizes = [(320, 180), (426, 240)]
    runs = [run(clips.video(codec, seconds=2, size=size), start=3 * place) for place, size in enumerate(sizes)]
    data = whole(record(*runs))
    with av.open(io.BytesIO(data), "r") as container:
        found = [(frame.width, frame.height) for frame in container.decode(video=0)]
    assert found == [sizes[0]] * 60 + [sizes[1]] * 60
    with av.open(io.BytesIO(data), "r") as container:
        container.seek(4 * av.time_base)
        later = next(container.decode(video=0))
        container.seek(0)
        first = next(container.decode(video=0))
    assert (later.width, first.width) == (426, 320), "a player that seeks finds what it needs"
