"""What real encoders made, packaged here, is read back by Debian's ffmpeg with the right durations and no complaint."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from media.sample import Sample
from media.track import Codec, Kind
from packager.hls.media_playlist import render
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.viewer import Viewer
from tests.support import clips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.clips import Clip

VIDEO = [Codec.H264, Codec.HEVC, Codec.AV1, Codec.VP9]


def package(shown: Sequence[Clip], folder: Path, **changes: object) -> LivePackager:
    """Package clips as one broadcast, and write it as files."""
    packager = LivePackager(feed.settings(dvr_window_s=600.0, **changes))
    viewer = Viewer(packager)
    viewer.carry_out(packager.start([clip.track for clip in shown], feed.WALL))
    feed.play(packager, clips.interleave(*shown), viewer)
    viewer.carry_out(packager.close())
    viewer.look()
    viewer.check_parts()
    write(packager, viewer, folder)
    return packager


def write(packager: LivePackager, viewer: Viewer, folder: Path) -> None:
    for name, body in viewer.objects.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
    for name, window in packager.windows.items():
        (folder / name / "index.m3u8").write_text(render(window, packager.windows, skip=False))
    (folder / "index.m3u8").write_text(packager.multivariant())


def whole(packager: LivePackager, name: str, folder: Path) -> bytes:
    """The init segment and all segments of a rendition, one after the other."""
    segments = packager.windows[name].segments
    files = [segments[0].init, *(segment.file for segment in segments)]
    return b"".join((folder / name / file).read_bytes() for file in files)


def decoded_without_complaint(*source: str, data: bytes | None = None) -> None:
    command = ["ffmpeg", "-v", "warning", "-nostdin", *source, "-f", "null", "-"]
    if data is not None:
        command.remove("-nostdin")
    result = subprocess.run(command, input=data, capture_output=True, check=False, timeout=100)
    assert (result.returncode, result.stderr.decode()) == (0, "")


def probed(data: bytes, *entries: str) -> dict[str, Any]:
    command = [
        "ffprobe",
        "-v",
        "error",
        "-count_packets",
        "-of",
        "json",
        *entries,
        "-show_streams",
        "-show_format",
        "-",
    ]
    result = subprocess.run(command, input=data, capture_output=True, check=True, timeout=100)
    assert result.stderr == b""
    return dict(json.loads(result.stdout))


def shown_from_to(data: bytes) -> tuple[float, float]:
    times = [float(packet["pts_time"]) for packet in probed(data, "-show_packets")["packets"]]
    return min(times), max(times)


@pytest.mark.parametrize("codec", VIDEO)
def test_video_of_every_codec_is_read_back(codec: Codec, tmp_path: Path) -> None:
    clip = clips.video(codec, seconds=5, gop=60)
    data = whole(package([clip], tmp_path), "v0", tmp_path)
    decoded_without_complaint("-i", "-", data=data)
    stream = probed(data)["streams"][0]
    assert (stream["width"], stream["height"]) == (320, 180)
    assert stream["codec_tag_string"] == codec.value
    assert int(stream["nb_read_packets"]) == len(clip.samples)
    first, last = shown_from_to(data)
    assert last - first == pytest.approx(5 - 1 / 30, abs=0.001)


@pytest.mark.parametrize(("codec", "rate"), [(Codec.AAC, 48_000), (Codec.AAC, 44_100), (Codec.OPUS, 48_000)])
def test_audio_of_every_codec_is_read_back(codec: Codec, rate: int, tmp_path: Path) -> None:
    clip = clips.audio(codec, seconds=5, rate=rate)
    data = whole(package([clip], tmp_path), "a0", tmp_path)
    decoded_without_complaint("-i", "-", data=data)
    stream = probed(data)["streams"][0]
    assert (int(stream["sample_rate"]), stream["channels"]) == (rate, 2)
    assert int(stream["nb_read_packets"]) == len(clip.samples)


@pytest.mark.parametrize("rate", [24, 25, Fraction(30_000, 1001), 50, 60])
def test_b_frames_at_every_rate_keep_their_times(rate: int | Fraction, tmp_path: Path) -> None:
    clip = clips.video(seconds=4, rate=Fraction(rate), gop=round(2 * rate), b_frames=2)
    data = whole(package([clip], tmp_path), "v0", tmp_path)
    packets = probed(data, "-show_packets")["packets"]
    assert [(each["dts"], each["pts"]) for each in packets] == [(each.dts, each.pts) for each in clip.samples]
    decoded_without_complaint("-i", "-", data=data)


@pytest.mark.parametrize("low_latency", [True, False])
def test_ffmpeg_plays_the_finished_broadcast(tmp_path: Path, low_latency: bool) -> None:  # noqa: FBT001 - pytest's form
    shown = [clips.video(seconds=9, b_frames=2), clips.audio(seconds=9)]
    packager = package(shown, tmp_path, low_latency=low_latency)
    decoded_without_complaint("-i", str(tmp_path / "index.m3u8"), "-map", "0:v", "-map", "0:a")
    for name in packager.windows:
        command = ["ffprobe", "-v", "error", "-show_format", "-of", "json", str(tmp_path / name / "index.m3u8")]
        result = subprocess.run(command, capture_output=True, check=True, timeout=100)
        assert float(json.loads(result.stdout)["format"]["duration"]) == pytest.approx(9, abs=0.1)


def test_uneven_frames_are_shown_when_they_should_be(tmp_path: Path) -> None:
    """Frames are dropped by a publisher: the parts keep their rules, and not one presentation time is moved."""
    clip = clips.video(seconds=8, gop=60)
    kept = [each for index, each in enumerate(clip.samples) if index % 60 == 0 or index % 7 not in (2, 3)]
    pairs = zip(kept, [*kept[1:], None], strict=True)
    samples = tuple(
        Sample(Kind.VIDEO, each.dts, each.pts, (after.dts if after else 720_000) - each.dts, each.key, each.data)
        for each, after in pairs
    )
    data = whole(package([clips.Clip(clip.track, samples)], tmp_path), "v0", tmp_path)
    packets = probed(data, "-show_packets")["packets"]
    assert [each["pts"] for each in packets] == [each.pts for each in samples]


def test_parameters_that_change_are_two_runs_for_ffmpeg(tmp_path: Path) -> None:
    packager = LivePackager(feed.settings(dvr_window_s=600.0))
    viewer = Viewer(packager)
    for size, codec in ((320, 180), Codec.H264), ((426, 240), Codec.H264):
        clip = clips.video(codec, seconds=4, size=size)
        viewer.carry_out(packager.start([clip.track], feed.WALL))
        feed.play(packager, clip.samples, viewer)
    viewer.carry_out(packager.close())
    write(packager, viewer, tmp_path)
    for number, width in enumerate((320, 426)):
        segments = [each for each in packager.windows["v0"].segments if each.init == f"1-init-{number}.mp4"]
        files = [segments[0].init, *(each.file for each in segments)]
        data = b"".join((tmp_path / "v0" / file).read_bytes() for file in files)
        decoded_without_complaint("-i", "-", data=data)
        assert probed(data)["streams"][0]["width"] == width
