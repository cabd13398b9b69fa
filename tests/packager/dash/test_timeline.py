from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.dash.timeline import periods
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.feed import AAC, SURROUND, VIDEO, WALL, mixed, pictures, sound

if TYPE_CHECKING:
    from media.track import Track
    from packager.dash.timeline import Period


def listed(packager: LivePackager) -> list[Period]:
    return periods(packager.windows, packager.tracks, flowing=packager.flowing)


def run(packager: LivePackager, start: float, seconds: float, wall: float = WALL, gop: int = 60) -> None:
    packager.start([VIDEO, AAC], wall)
    on(packager, start, seconds, gop)


def on(packager: LivePackager, start: float, seconds: float, gop: int = 60, heard: Track = AAC) -> None:
    video, audio = pictures(seconds, start=start, gop=gop), sound(seconds, start=start, track=heard)
    for sample in mixed((VIDEO, video), (heard, audio)):
        packager.push(sample)


def test_the_open_segment_and_the_next_are_listed_as_long_as_they_are_expected_to_be() -> None:
    packager = LivePackager(feed.settings())
    packager.start([VIDEO, AAC], WALL)
    samples = mixed((VIDEO, pictures(8)), (AAC, sound(8)))
    for sample in samples[: len(samples) * 5 // 8]:
        packager.push(sample)
    [period] = listed(packager)
    video, audio = period.lanes
    assert [(each.msn, each.time, each.ticks) for each in video.entries] == [
        (msn, msn * 180_000, 180_000) for msn in range(4)
    ]
    assert (video.ahead, audio.ahead) == (2, 2)
    assert video.entries[-1].size == 0
    assert all(entry.ticks % 1024 == 0 for entry in audio.entries)
    before = {entry.msn: entry for entry in audio.entries}
    for sample in samples[len(samples) * 5 // 8 :]:
        packager.push(sample)
    after = {entry.msn: entry for entry in listed(packager)[0].lanes[1].entries}
    assert [after[msn].end for msn in before] == [entry.end for entry in before.values()]


def test_uneven_segments_are_expected_to_be_as_short_as_they_may() -> None:
    packager = LivePackager(feed.settings())
    run(packager, 0, 3, gop=90)
    on(packager, 3, 4)
    [period] = listed(packager)
    assert [entry.ticks / 90_000 for entry in period.lanes[0].entries] == [3, 2, 2, 2]


def test_only_what_is_closed_is_listed_of_whole_segments_and_of_a_pause() -> None:
    standard = LivePackager(feed.settings(low_latency=False, segment_min_s=4.0))
    run(standard, 0, 9)
    assert [[entry.msn for entry in lane.entries] for lane in listed(standard)[0].lanes] == [[0, 1], [0, 1]]
    paused = LivePackager(feed.settings())
    run(paused, 0, 5)
    paused.pause()
    assert not paused.flowing
    assert [[entry.msn for entry in lane.entries] for lane in listed(paused)[0].lanes] == [[0, 1, 2]] * 2
    assert listed(paused)[0].end == pytest.approx(WALL + 5, abs=0.05)


def test_a_run_that_comes_later_begins_as_much_later() -> None:
    packager = LivePackager(feed.settings())
    run(packager, 0, 5)
    packager.pause()
    run(packager, 5, 3, WALL + 7.5)
    first, second = listed(packager)
    assert (first.msn, first.start, second.msn, second.start) == (0, WALL, 3, WALL + 12.5)
    assert [lane.offset / lane.track.timescale for lane in second.lanes] == [5, 5]
    assert first.end == pytest.approx(WALL + 5, abs=0.05)
    assert [lane.init for lane in second.lanes] == ["1-init-1.mp4"] * 2


def test_a_period_is_listed_when_all_have_come_to_it() -> None:
    packager = LivePackager(feed.settings())
    run(packager, 0, 5)
    packager.start([VIDEO, AAC], WALL)
    for sample in pictures(1, start=5):
        packager.push(sample)
    assert [period.msn for period in listed(packager)] == [0]
    for sample in sound(1, start=5):
        packager.push(sample)
    assert [(period.msn, len(period.lanes)) for period in listed(packager)] == [(0, 2), (3, 2)]


def test_dates_that_jump_open_a_period_within_a_run() -> None:
    packager = LivePackager(feed.settings())
    run(packager, 0, 5)
    packager.set_wall(WALL + 2)
    on(packager, 5, 5)
    first, second = listed(packager)
    assert (second.msn, second.start) == (3, WALL + 7)
    assert {lane.init for period in (first, second) for lane in period.lanes} == {"1-init-0.mp4"}


def test_a_gap_ends_a_rendition_and_its_period_when_it_is_over() -> None:
    packager = LivePackager(feed.settings(dvr_window_s=60.0))
    packager.start([VIDEO, SURROUND], WALL)
    on(packager, 0, 4, heard=SURROUND)
    for sample in pictures(6, start=4):
        packager.push(sample)
    on(packager, 10, 6, heard=SURROUND)
    first, second = listed(packager)
    video, audio = first.lanes
    assert any(segment.gap for segment in packager.windows["a0"].segments)
    assert (video.entries[-1].msn, audio.entries[-1].msn) == (second.msn - 1, 1)
    assert [lane.entries[0].msn for lane in second.lanes] == [second.msn] * 2


def test_a_lost_segment_keeps_its_place() -> None:
    packager = LivePackager(feed.settings())
    run(packager, 0, 9)
    before = listed(packager)
    packager.mark_lost("v0/1-1.m4s")
    assert packager.windows["v0"].segments[1].lost
    after = listed(packager)
    assert [entry.time for entry in after[0].lanes[0].entries] == [entry.time for entry in before[0].lanes[0].entries]


def test_a_window_that_slides_drops_periods_and_changes_none() -> None:
    packager = LivePackager(feed.settings(dvr_window_s=6.0))
    run(packager, 0, 5)
    run(packager, 5, 5)
    seen = {period.msn: (period.start, period.lanes[0].offset) for period in listed(packager)}
    assert list(seen) == [0, 3]
    on(packager, 10, 12)
    [last] = listed(packager)
    assert last.lanes[0].entries[0].msn > 3
    assert seen[last.msn] == (last.start, last.lanes[0].offset)


def test_a_rendition_that_left_stays_in_its_period() -> None:
    packager = LivePackager(feed.settings(dvr_window_s=60.0))
    run(packager, 0, 5)
    packager.start([VIDEO], WALL)
    for sample in pictures(5, start=5):
        packager.push(sample)
    assert [[lane.rendition for lane in period.lanes] for period in listed(packager)] == [["v0", "a0"], ["v0"]]
    packager.close()
    assert [[lane.rendition for lane in period.lanes] for period in listed(packager)] == [["v0", "a0"], ["v0"]]
