from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from origin.vod.demux.libav.grid import Grid


@given(st.integers(0, 10**9), st.integers(1, 500))
def test_stamps_of_milliseconds_do_not_show(begin_ms: int, frames: int) -> None:
    grid = Grid()
    stamps = [begin_ms + round(number * 1024 / 44.1) for number in range(frames)]
    places = [grid.place(round(stamp * 44.1), 1024) for stamp in stamps]
    assert {after - before for before, after in pairwise(places)} <= {1024}


def test_a_gap_is_kept_and_counting_goes_on_behind_it() -> None:
    grid = Grid()
    assert [grid.place(stamp, 960) for stamp in (5, 965, 2000, 2885)] == [5, 965, 1925, 2885]
    assert [grid.place(stamp, 960) for stamp in (9_000, 9_970, 10_900)] == [9_000, 9_960, 10_920]


def test_stamps_that_fall_behind_by_a_frame_are_heeded() -> None:
    grid = Grid()
    assert [grid.place(stamp, 100) for stamp in (0, 100, 90, 290)] == [0, 100, 90, 290]
