from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.timing import rescale, ticks_at_least, usual

CLOCKS = st.sampled_from([1_000, 22_050, 44_100, 48_000, 90_000])


@pytest.mark.parametrize(
    ("ticks", "timescale", "wanted", "result"),
    [(0, 90_000, 48_000, 0), (90_000, 90_000, 48_000, 48_000), (1, 1_000, 90_000, 90), (1_024, 44_100, 90_000, 2_089)],
)
def test_ticks_of_another_clock(ticks: int, timescale: int, wanted: int, result: int) -> None:
    assert rescale(ticks, timescale, wanted) == result


@given(st.integers(0, 2**60), CLOCKS, CLOCKS)
def test_no_tick_is_lost_in_hours(ticks: int, timescale: int, wanted: int) -> None:
    exact = Fraction(ticks * wanted, timescale)
    assert 0 <= exact - rescale(ticks, timescale, wanted) < 1


@pytest.mark.parametrize(
    ("seconds", "timescale", "ticks"),
    [(0.0, 90_000, 0), (0.1, 90_000, 9_000), (0.2, 48_000, 9_600), (0.333, 90_000, 29_970), (1 / 3, 48_000, 16_000)],
)
def test_whole_ticks_survive_binary_fractions(seconds: float, timescale: int, ticks: int) -> None:
    assert ticks_at_least(seconds, timescale) == ticks


def test_a_part_of_a_tick_counts_as_one() -> None:
    assert ticks_at_least(1.0001, 1_000) == 1_001
    assert ticks_at_least(0.00001, 1_000) == 1


@given(st.floats(0, 100_000), CLOCKS)
def test_they_last_as_long_and_no_longer_than_needed(seconds: float, timescale: int) -> None:
    ticks = ticks_at_least(seconds, timescale)
    assert Fraction(ticks - 1) < Fraction(seconds) * timescale <= ticks + Fraction(1, 100_000)


@pytest.mark.parametrize(
    ("durations", "expected"),
    [([], 0), ([0, 0, 0], 0), ([-5], 0), ([3_000, 3_000, 9_000], 3_000), ([0, 0, 0, 40], 40), ([2, 1, 1, 2], 2)],
)
def test_the_usual_duration_is_the_most_frequent_one(durations: list[int], expected: int) -> None:
    assert usual(durations) == expected
