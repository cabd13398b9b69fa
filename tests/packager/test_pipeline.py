"""Whole broadcasts of made-up samples: what publishers do, and what players then see."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from media.timing import rescale
from packager.commands import Delete, Life, Put
from packager.follower import Follower
from packager.hls.media_playlist import render
from packager.names import is_part
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.feed import (
    AAC,
    AAC_44,
    OPUS,
    SURROUND,
    VIDEO,
    WALL,
    broadcast,
    mixed,
    picture,
    pictures,
    play,
    sound,
)
from tests.packager.fragments import fragments
from tests.packager.viewer import Viewer

if TYPE_CHECKING:
    from media.sample import Sample
    from media.track import Track
    from packager.commands import Command
    from packager.hls.window import Window

RATES = [24, 25, Fraction(30_000, 1001), 30, 50, 60]


def durations(window: Window) -> list[float]:
    return [round(segment.duration, 3) for segment in window.segments]


def assert_contiguous(viewer: Viewer, name: str) -> None:
    """Decode times of all segments of a rendition without gaps follow on each other, and nothing is lost."""
    files = [key for key in viewer.objects if key.startswith(name) and key.count(".") == 1 and "init" not in key]
    parts = [fragment for key in files for fragment in fragments(viewer.objects[key])]
    assert all(before.end == after.start for before, after in pairwise(parts))
    assert [part.number for part in parts] == list(range(len(parts)))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("track", [AAC, AAC_44, OPUS])
def test_every_rate_keeps_the_part_rules(rate: Fraction | int, track: Track) -> None:
    frame = 960 if track is OPUS else 1024
    gop = round(2 * rate)
    samples = mixed(
        (VIDEO, pictures(16, rate=rate, gop=gop, b_frames=True)), (track, sound(16, track=track, frame=frame))
    )
    packager, viewer = broadcast([VIDEO, track], samples)
    window = packager.windows["v0"]
    assert window.target_duration == 2
    assert 0.2 <= window.part_target <= 0.3334
    assert packager.dropped <= 5, "only sound from before the first picture"
    for name in "v0", "a0":
        assert_contiguous(viewer, name)
    assert len(packager.windows["v0"].segments) == len(packager.windows["a0"].segments)


@pytest.mark.parametrize("lag", [(), (0, 0.3), (0, 1.5)])
def test_sound_that_goes_straight_through_comes_out_as_if_it_had_been_held(
    monkeypatch: pytest.MonkeyPatch, lag: tuple[float, ...]
) -> None:
    holed = [sample for sample in sound(20) if not 4.1 < sample.dts / AAC.timescale < 6.3]
    samples = mixed((VIDEO, pictures(20, gop=75, b_frames=True)), (AAC, holed), lag=lag)

    def commands() -> list[Command]:
        packager = LivePackager(feed.settings())
        done = packager.start([VIDEO, AAC], WALL)
        return done + [each for sample in samples for each in packager.push(sample)] + packager.close()

    way, taken = Follower.goes_with, []

    def watched(follower: Follower, sample: Sample, front: int, out: list[Command]) -> bool:
        taken.append(way(follower, sample, front, out))
        return taken[-1]

    monkeypatch.setattr(Follower, "goes_with", watched)
    straight = commands()
    assert any(taken)
    monkeypatch.setattr(Follower, "goes_with", lambda *_: False)
    assert straight == commands()


def test_first_segment_of_a_long_gop_fixes_the_target_duration() -> None:
    packager, _ = broadcast([VIDEO], pictures(40, gop=250), dvr_window_s=60)
    assert packager.windows["v0"].target_duration == 9
    assert durations(packager.windows["v0"])[:4] == [8.333] * 4


def test_gop_that_never_ends_is_cut_at_ten_seconds() -> None:
    packager, _ = broadcast([VIDEO], pictures(35, gop=10_000), dvr_window_s=60)
    assert packager.windows["v0"].target_duration == 10
    assert durations(packager.windows["v0"])[0] == 10


def test_gop_that_grows_is_cut_within_the_promise() -> None:
    frames = [*pictures(6, gop=60), *pictures(32, gop=240, start=6)]
    packager, viewer = broadcast([VIDEO, AAC], mixed((VIDEO, frames), (AAC, sound(38))), dvr_window_s=60)
    assert packager.windows["v0"].target_duration == 2
    assert len(packager.windows["v0"].segments) == len(packager.windows["a0"].segments)
    independent = [segment.parts[0].independent for segment in packager.windows["v0"].segments]
    assert independent.count(True) >= 3 + 32 // 8, "every key frame opens a segment again"
    assert_contiguous(viewer, "v0")


def test_scene_cuts_do_not_make_short_segments() -> None:
    keys = {0, 20, 75, 130, 140, 200, 270, 331, 400, 470, 500, 570}
    frames = [picture(3000 * index, 3000, key=index in keys) for index in range(600)]
    packager, _ = broadcast([VIDEO], frames)
    assert all(1.0 <= each <= 3.3 for each in durations(packager.windows["v0"])[:-1])


def test_audio_alone_is_cut_by_time() -> None:
    packager, viewer = broadcast([AAC], sound(20))
    assert list(packager.windows) == ["a0"]
    assert packager.windows["a0"].target_duration == 2
    assert durations(packager.windows["a0"])[:3] == [1.92 + 0.085] * 3 or durations(packager.windows["a0"])[0] < 2.1
    assert_contiguous(viewer, "a0")
    assert 'CODECS="mp4a.40.2"' in packager.multivariant()
    assert "EXT-X-MEDIA" not in packager.multivariant().replace("EXT-X-MEDIA-", "")


@pytest.mark.parametrize("lag", [(0, 0.9), (0.9, 0), (0, 1.5)])
def test_one_track_late_by_a_second_costs_nothing(lag: tuple[float, float]) -> None:
    samples = mixed((VIDEO, pictures(20)), (AAC, sound(20)), lag=lag)
    packager, viewer = broadcast([VIDEO, AAC], samples)
    assert packager.dropped == 0
    assert not any(segment.gap for window in packager.windows.values() for segment in window.segments)
    for name in "v0", "a0":
        assert_contiguous(viewer, name)


def test_segments_of_both_renditions_start_together() -> None:
    packager, _ = broadcast([VIDEO, AAC], mixed((VIDEO, pictures(20, b_frames=True)), (AAC, sound(20))))
    video, audio = packager.windows.values()
    for one, other in zip(video.segments, audio.segments, strict=True):
        assert one.msn == other.msn
        assert 0 <= other.head.date - one.head.date < 1024 / 48_000 + 0.001


@pytest.mark.parametrize(("track", "gap"), [(AAC, False), (OPUS, False), (SURROUND, True)])
def test_audio_announced_but_absent_becomes_silence_or_gaps(track: Track, gap: bool) -> None:  # noqa: FBT001 - pytest's form
    packager, _ = broadcast([VIDEO, track], pictures(20))
    assert all(segment.gap is gap for segment in packager.windows["a0"].segments)
    assert len(packager.windows["a0"].segments) == len(packager.windows["v0"].segments)
    assert packager.ready


@pytest.mark.parametrize(("track", "gap"), [(AAC, False), (OPUS, False), (SURROUND, True)])
def test_audio_that_stops_and_comes_back(track: Track, gap: bool) -> None:  # noqa: FBT001 - pytest's form
    heard = [sample for sample in sound(30, track=track) if not 8 * 48_000 <= sample.dts < 16 * 48_000]
    packager, _ = broadcast([VIDEO, track], mixed((VIDEO, pictures(30)), (track, heard)), dvr_window_s=60)
    gaps = [segment.gap for segment in packager.windows["a0"].segments]
    assert gaps == [False] * 4 + [gap] * 4 + [False] * 7


def test_video_that_stops_and_comes_back() -> None:
    seen = [sample for sample in pictures(30) if not 7 * 90_000 <= sample.dts < 15 * 90_000]
    packager, _ = broadcast([VIDEO, AAC], mixed((VIDEO, seen), (AAC, sound(30))), dvr_window_s=60)
    video, audio = packager.windows["v0"], packager.windows["a0"]
    assert any(segment.gap for segment in video.segments)
    assert not any(segment.gap for segment in audio.segments)
    assert len(video.segments) == len(audio.segments)
    assert sum(durations(audio)) == pytest.approx(30, abs=0.1)
    resumed = [after for before, after in pairwise(video.segments) if before.gap and not after.gap]
    assert [segment.parts[0].independent for segment in resumed] == [True]


def test_video_announced_but_without_key_frame_leaves_the_sound() -> None:
    blind = [picture(sample.dts, sample.duration, key=False) for sample in pictures(30)]
    packager, _ = broadcast([VIDEO, AAC], mixed((VIDEO, blind), (AAC, sound(30))), dvr_window_s=60)
    assert all(segment.gap for segment in packager.windows["v0"].segments)
    assert sum(durations(packager.windows["a0"])) == pytest.approx(30, abs=0.1)
    assert packager.dropped == len(blind)


def test_standard_latency_shows_no_parts() -> None:
    samples = mixed((VIDEO, pictures(30)), (AAC, sound(30)))
    packager, viewer = broadcast([VIDEO, AAC], samples, low_latency=False, segment_min_s=4)
    assert packager.windows["v0"].target_duration == 4
    text = render(packager.windows["v0"], packager.windows, skip=False)
    assert "PART" not in text
    assert set(durations(packager.windows["v0"])) == {4.0, 2.0}
    assert not any(seen.parts for seen in viewer.seen.values())
    assert {viewer.lives[name] for name in viewer.objects if is_part(name)} == {Life.EDGE}
    assert {round(part.duration, 1) for segment in packager.windows["v0"].segments for part in segment.parts} == {1.0}
    for name in "v0", "a0":
        assert_contiguous(viewer, name)


def test_parameter_change_is_a_discontinuity_with_a_new_init() -> None:
    packager = LivePackager(feed.settings(first_msn=7, first_discontinuity=3, epoch=5, dvr_window_s=60))
    viewer = Viewer(packager)
    assert packager.next_msn == 7
    viewer.carry_out(packager.start([VIDEO, AAC], WALL))
    play(packager, mixed((VIDEO, pictures(7)), (AAC, sound(7))), viewer)
    assert packager.discontinuity_sequence == 3
    viewer.carry_out(packager.start([VIDEO, AAC], WALL + 100))
    assert packager.discontinuity_sequence == 4
    play(packager, mixed((VIDEO, pictures(7, start=7)), (AAC, sound(7, start=7))), viewer)
    for window in packager.windows.values():
        tagged = [segment.msn for segment in window.segments if segment.head.discontinuity]
        assert tagged == [11]
        assert [segment.init for segment in window.segments] == ["5-init-0.mp4"] * 4 + ["5-init-1.mp4"] * 3
        assert window.segments[4].head.date == pytest.approx(WALL + 107, abs=0.1)
    viewer.carry_out(packager.close())
    viewer.look()
    viewer.check_parts()


def test_discontinuity_sequence_rises_when_the_tag_leaves() -> None:
    packager = LivePackager(feed.settings(dvr_window_s=10))
    viewer = Viewer(packager)
    for run in range(8):
        viewer.carry_out(packager.start([VIDEO, AAC], WALL + run))
        play(packager, mixed((VIDEO, pictures(6, start=6 * run)), (AAC, sound(6, start=6 * run))), viewer)
    assert packager.discontinuity_sequence == 7
    for window in packager.windows.values():
        tags = sum(segment.head.discontinuity for segment in window.segments)
        assert window.discontinuity_sequence + tags == 7
        assert window.discontinuity_sequence > 0
    assert any("init" in name for name in viewer.deleted), "init segments go with their last segment"


def test_audio_that_comes_later_joins_with_aligned_numbers() -> None:
    packager = LivePackager(feed.settings())
    viewer = Viewer(packager)
    viewer.carry_out(packager.start([VIDEO], WALL))
    play(packager, pictures(6), viewer)
    viewer.carry_out(packager.start([VIDEO, AAC], WALL))
    assert 'AUDIO="audio"' not in packager.multivariant()
    play(packager, mixed((VIDEO, pictures(6, start=6)), (AAC, sound(6, start=6))), viewer)
    video, audio = packager.windows["v0"], packager.windows["a0"]
    assert audio.media_sequence == 3
    assert audio.open_msn == video.open_msn
    assert audio.discontinuity_sequence == 1
    assert 'AUDIO="audio"' in packager.multivariant()


def test_audio_that_leaves_ends_and_is_forgotten() -> None:
    packager = LivePackager(feed.settings(dvr_window_s=10))
    viewer = Viewer(packager)
    viewer.carry_out(packager.start([VIDEO, AAC], WALL))
    play(packager, mixed((VIDEO, pictures(6)), (AAC, sound(6))), viewer)
    viewer.carry_out(packager.start([VIDEO], WALL))
    assert packager.windows["a0"].ended
    assert "a0" not in packager.multivariant()
    play(packager, pictures(40, start=6), viewer)
    assert "a0" not in packager.windows
    stored = {name for name in viewer.objects if name.startswith("a0") and name.count(".") == 1}
    assert stored <= viewer.deleted | {"a0/1-init-0.mp4"}
    assert "a0/1-init-0.mp4" in viewer.deleted


def test_runs_without_samples_change_nothing() -> None:
    packager = LivePackager(feed.settings())
    viewer = Viewer(packager)
    for _ in range(3):
        viewer.carry_out(packager.start([VIDEO, AAC], WALL))
    assert packager.discontinuity_sequence == 0
    play(packager, mixed((VIDEO, pictures(6)), (AAC, sound(6))), viewer)
    assert packager.windows["v0"].segments[0].head.discontinuity is False
    viewer.carry_out(packager.close())
    viewer.look()


def test_a_segment_shares_the_bytes_of_its_parts() -> None:
    packager = LivePackager(feed.settings())
    packager.start([VIDEO], WALL)
    commands = [command for sample in pictures(2.1) for command in packager.push(sample)]
    puts = [command for command in commands if isinstance(command, Put)]
    whole = next(put for put in puts if put.name == "v0/1-0.m4s")
    parts = [chunk for put in puts if put.name.startswith("v0/1-0.") and put is not whole for chunk in put.body]
    assert [id(chunk) for chunk in whole.body] == [id(chunk) for chunk in parts]


def test_media_time_decides_when_to_delete() -> None:
    packager, viewer = broadcast([VIDEO], pictures(60), dvr_window_s=12)
    assert viewer.deleted
    last = max(int(name.split("-")[1].split(".")[0]) for name in viewer.deleted)
    assert last * 2 + 2 + 12 + 2 + 14 <= 60
    assert isinstance(Delete("x"), Delete)
    assert rescale(90_000, 90_000, 48_000) == 48_000
    assert packager.next_msn == 30


def test_what_cannot_be_packaged_is_refused_at_the_start() -> None:
    packager = LivePackager(feed.settings())
    with pytest.raises(ValueError, match="track"):
        packager.start([], WALL)
    with pytest.raises(ValueError, match="track"):
        packager.start([VIDEO, VIDEO], WALL)
    assert packager.push(picture(0, 3000, key=True)) == []
    assert packager.close() == []


def test_a_new_anchor_dates_what_nobody_has_seen_and_what_comes() -> None:
    packager = LivePackager(feed.settings())
    packager.start([VIDEO], WALL)
    samples = list(pictures(6.1))
    for sample in samples[:30]:
        packager.push(sample)
    packager.set_wall(WALL - 0.5)
    for sample in samples[30:]:
        packager.push(sample)
    dates = [segment.head.date for segment in packager.windows["v0"].segments]
    assert dates == pytest.approx([WALL - 0.5, WALL + 1.5, WALL + 3.5])
