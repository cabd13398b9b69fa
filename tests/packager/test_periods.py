from __future__ import annotations

import pytest

from packager.periods import Opening, Periods

TICKS = 1000


def begun(periods: Periods, msn: int, time_s: float, date: float, timescale: int = TICKS) -> int:
    """The number of the period that a segment is in."""
    return periods.of(Opening(msn, round(time_s * timescale), date), timescale).msn


def test_a_run_is_one_period_and_the_next_another() -> None:
    periods = Periods()
    assert [begun(periods, msn, 2 * msn, 100 + 2 * msn) for msn in (7, 8, 9)] == [7, 7, 7]
    periods.require()
    assert begun(periods, 10, 20, 130) == 10


def test_whoever_is_first_decides_for_all() -> None:
    periods = Periods()
    assert begun(periods, 7, 14, 100) == 7
    periods.require()
    assert begun(periods, 8, 16, 102) == 8
    late = periods.of(Opening(7, 670_000, 100.0), 48_000)
    assert (late.msn, late.time) == (7, 672_000)
    assert begun(periods, 8, 16.02, 102.02, 48_000) == 8


def test_what_is_required_too_late_for_a_segment_holds_for_the_next() -> None:
    periods = Periods()
    assert begun(periods, 7, 14, 100) == 7
    periods.require()
    assert begun(periods, 7, 14, 100) == 7
    assert begun(periods, 8, 16, 102) == 8


@pytest.mark.parametrize(("late_s", "opens"), [(0.2, False), (0.3, True), (-0.9, False), (-1.1, True)])
def test_dates_that_move_away_open_a_period(late_s: float, *, opens: bool) -> None:
    periods = Periods()
    begun(periods, 1, 2, 100)
    assert begun(periods, 2, 4, 102 + late_s) == (2 if opens else 1)


def test_the_first_opening_is_dated_anew_and_no_other() -> None:
    periods = Periods()
    periods.redate(1.0)
    begun(periods, 1, 2, 100)
    periods.redate(-0.4)
    assert periods.of(Opening(1, 2000, 99.6), TICKS).date == 99.6
    periods.require()
    begun(periods, 2, 4, 130)
    periods.redate(-0.4)
    assert periods.of(Opening(2, 4000, 130), TICKS).date == 130
