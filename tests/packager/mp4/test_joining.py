from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.mp4 import CannotJoinError
from packager.mp4 import joining as room
from packager.mp4.joining import join
from packager.mp4.quiet import Filler
from packager.mp4.track import LITERAL
from tests.packager.feed import AAC, VIDEO
from tests.packager.mp4.made import made, tables

if TYPE_CHECKING:
    from packager.mp4.track import TrackTables

SECOND = 90_000
HEARD = 48_000


def pictures(*runs: tuple[int, int]) -> TrackTables:
    """Runs of one part each, which begin and end at these ticks."""
    return of(tables(VIDEO), runs)


def tone(*runs: tuple[int, int]) -> TrackTables:
    return of(tables(AAC), runs)


def of(track: TrackTables, runs: tuple[tuple[int, int], ...]) -> TrackTables:
    for number, (start, end) in enumerate(runs):
        half = (end - start) // 2
        track.add((1, number), number, made(start, [half, end - start - half]))
    return track


def times(track: TrackTables) -> list[int]:
    """Decode times of all samples, and the end."""
    found = [track.start]
    pairs = zip(track.durations.table[0::2], track.durations.table[1::2], strict=True)
    for count, ticks in pairs:
        found += [found[-1] + ticks * (place + 1) for place in range(count)]
    return found


def test_runs_that_follow_each_other_are_one() -> None:
    track = pictures((90, 150), (150, 210))
    join([track])
    assert times(track) == [90, 120, 150, 180, 210]
    assert (track.start, track.end) == (90, 210)


def test_the_last_sample_stays_until_the_next_run() -> None:
    track = pictures((0, 60), (1000, 1060))
    join([track])
    assert times(track) == [0, 30, 1000, 1030, 1060]
    assert list(track.pieces.starts) == [0, 1000]


def test_a_run_that_begins_early_is_shown_later_and_so_is_its_sound() -> None:
    shown = pictures((0, SECOND), (SECOND // 2, 2 * SECOND), (3 * SECOND, 4 * SECOND))
    heard = tone((0, HEARD), (HEARD, 2 * HEARD), (3 * HEARD, 4 * HEARD))
    join([shown, heard])
    assert times(shown)[2:] == [SECOND, SECOND * 7 // 4, SECOND * 7 // 2, 4 * SECOND, SECOND * 9 // 2]
    assert list(shown.pieces.starts) == [0, SECOND, SECOND * 7 // 2]
    assert list(heard.pieces.starts) == [0, HEARD * 3 // 2, HEARD * 7 // 2]
    assert (shown.end / SECOND, heard.end / HEARD) == (4.5, 4.5)


def test_what_is_later_than_the_overlap_is_not_moved_more() -> None:
    """Two runs overlap the ones before: the moves add up."""
    track = pictures((0, 100), (50, 150), (140, 240), (1000, 1100))
    join([track])
    assert list(track.pieces.starts) == [0, 100, 200, 1060]


def test_a_track_that_was_away_for_a_run_comes_back_beside_the_other() -> None:
    shown = pictures((0, SECOND), (SECOND // 2, 2 * SECOND))
    heard = tables(AAC)
    for run, start in (((1, 0), 0), ((1, 2), 5 * HEARD)):
        heard.add(run, 0, made(start, [HEARD]))
    join([shown, heard])
    assert list(heard.pieces.starts) == [0, HEARD * 11 // 2]


def test_no_overlap_is_left_by_rounding() -> None:
    heard = tone((0, 48_001), (48_000, 96_000), (96_000, 100_000))
    shown = pictures((0, 90_001), (90_000, 180_001), (180_000, 190_000))
    join([heard, shown])
    for track in (heard, shown):
        assert all(before <= after for before, after in zip(times(track), times(track)[1:], strict=False))


FILLER = Filler(offset=7, size=6, span=1024, count=47)


def filled(*parts: tuple[int, int]) -> TrackTables:
    """Sound in parts of so many frames from these ticks, each in a run of its own, with silence between."""
    track = tables(AAC, FILLER)
    for number, (start, frames) in enumerate(parts):
        track.add((1, number), number, made(start, [1024] * frames, [10] * frames, range(frames)))
    join([track])
    return track


def test_a_pause_of_sound_is_filled_with_silence() -> None:
    track = filled((0, 2), (2048 + 100 * 1024, 1))
    assert times(track) == [1024 * place for place in range(104)]
    assert list(track.sizes) == [10, 10, *[6] * 100, 10]
    assert list(track.keys) == list(range(1, 104))
    assert list(track.offsets.table) == [103, 0]
    own = track.pieces
    assert list(zip(own.sources, own.offsets, own.lengths, own.samples, own.starts, strict=True)) == [
        (0, 100, 20, 2, 0),
        (LITERAL, 7, 47 * 6, 47, 2048),
        (LITERAL, 7, 47 * 6, 47, 2048 + 47 * 1024),
        (LITERAL, 7, 6 * 6, 6, 2048 + 94 * 1024),
        (1, 100, 10, 1, 2048 + 100 * 1024),
    ]


def test_less_than_half_a_frame_is_not_filled() -> None:
    track = filled((0, 1), (1024 + 500, 1))
    assert times(track) == [0, 1524, 2548]
    assert list(track.sizes) == [10, 10]


@given(st.lists(st.integers(0, 5000), max_size=30))
def test_who_counts_frames_is_never_off_by_more_than_half_of_one(gaps: list[int]) -> None:
    starts = [0]
    for gap in gaps:
        starts.append(starts[-1] + 1024 + gap)
    track = filled(*((start, 1) for start in starts))
    places = [place for place, size in enumerate(track.sizes) if size == 10]
    assert [times(track)[place] for place in places] == starts
    assert all(abs(place * 1024 - start) <= 512 for place, start in zip(places, starts, strict=True))
    assert times(track) == sorted(times(track))
    assert list(track.pieces.starts) == sorted(track.pieces.starts)


def test_silence_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_SAMPLES", 50)
    with pytest.raises(CannotJoinError):
        filled((0, 1), (100 * 1024, 1))


def test_a_pause_that_players_cannot_count_is_refused() -> None:
    with pytest.raises(CannotJoinError):
        join([pictures((0, 60), (1 << 32, (1 << 32) + 60))])
