from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.mp4 import CannotJoinError
from packager.mp4.joining import join
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


def test_a_pause_that_players_cannot_count_is_refused() -> None:
    with pytest.raises(CannotJoinError):
        join([pictures((0, 60), (1 << 32, (1 << 32) + 60))])
