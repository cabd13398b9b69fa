from __future__ import annotations

import pytest

from packager.mp4 import BadSegmentError, CannotJoinError
from packager.mp4 import track as room
from packager.mp4.quiet import Filler
from packager.mp4.track import LITERAL, TrackTables
from tests.packager.feed import AAC
from tests.packager.mp4.made import RUN, made, tables, video


def pieces(track: TrackTables) -> list[tuple[int, ...]]:
    own = track.pieces
    return list(zip(own.sources, own.offsets, own.lengths, own.samples, own.starts, strict=True))


def test_parts_follow_each_other() -> None:
    track = video(made(900, [30, 30], offsets=[60, 0]), made(960, [30, 31], keys=()))
    assert (track.start, track.end, track.first_offset) == (900, 1021, 60)
    assert list(track.sizes) == [10] * 4
    assert list(track.durations.table) == [3, 30, 1, 31]
    assert list(track.offsets.table) == [1, 60, 3, 0]
    assert list(track.keys) == [1]
    assert not track.all_keys
    assert pieces(track) == [(0, 100, 20, 2, 900), (1, 100, 20, 2, 960)]


def test_a_sample_stays_until_the_next_part() -> None:
    track = video(made(0, [30, 30]), made(500, [30]))
    assert list(track.durations.table) == [1, 30, 1, 470, 1, 30]


def test_a_sample_is_cut_short_by_the_next_part() -> None:
    track = video(made(0, [30, 30]), made(40, [30]))
    assert list(track.durations.table) == [1, 30, 1, 10, 1, 30]


def test_a_part_before_the_last_sample_is_refused() -> None:
    with pytest.raises(BadSegmentError):
        video(made(0, [30, 30]), made(29, [30]))


def test_runs_come_in_their_order() -> None:
    track = tables()
    track.add((1, 1), 0, made(0, [30]))
    track.add((2, 0), 1, made(900, [30, 30]))
    found = [(each.run, each.start, each.end, each.sample, each.piece) for each in track.stretches]
    assert found == [((1, 1), 0, 30, 0, 0), ((2, 0), 900, 960, 1, 1)]
    with pytest.raises(BadSegmentError):
        track.add((1, 1), 2, made(960, [30]))


def test_a_pause_of_sound_that_silence_can_fill_begins_a_stretch() -> None:
    track = tables(AAC)
    for source, start in enumerate((0, 1024 + 511, 2 * 1024 + 511 + 513)):
        track.add(RUN, source, made(start, [1024]))
    assert len(track.stretches) == 1
    track = tables(AAC, Filler(0, 6, 1024, 47))
    for source, start in enumerate((0, 1024 + 511, 2 * 1024 + 511 + 513)):
        track.add(RUN, source, made(start, [1024]))
    assert [(each.start, each.sample, each.piece) for each in track.stretches] == [(0, 0, 0), (3072, 2, 2)]


def test_a_stay_that_players_cannot_count_is_refused() -> None:
    with pytest.raises(CannotJoinError):
        video(made(0, [30]), made(1 << 31, [30]))


def test_a_table_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_SAMPLES", 4)
    track = video(made(0, [30] * 3))
    with pytest.raises(CannotJoinError):
        track.add(RUN, 1, made(90, [30, 30]))


def test_sets_stand_before_each_key_frame() -> None:
    track = tables()
    track.add(RUN, 5, made(0, [30] * 4, sizes=[1, 2, 3, 4], keys=[1, 3]), sets=(7, 50))
    assert list(track.sizes) == [1, 52, 3, 54]
    assert pieces(track) == [
        (5, 100, 1, 1, 0),
        (LITERAL, 7, 50, 0, 0),
        (5, 101, 5, 2, 0),
        (LITERAL, 7, 50, 0, 0),
        (5, 106, 4, 1, 0),
    ]


def test_a_part_without_key_frames_stays_whole() -> None:
    track = tables()
    track.add(RUN, 0, made(0, [30] * 2, keys=()), sets=(0, 9))
    assert pieces(track) == [(0, 100, 20, 2, 0)]


def test_a_part_that_begins_with_a_key_frame_begins_with_sets() -> None:
    track = tables()
    track.add(RUN, 0, made(0, [30] * 2), sets=(0, 9))
    assert pieces(track) == [(LITERAL, 0, 9, 0, 0), (0, 100, 20, 2, 0)]
