from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.timing import rescale, ticks_at_least, usual


def test_rescaling_rounds_down() -> None:
    assert rescale(90_000, 90_000, 48_000) == 48_000
    assert rescale(1, 90_000, 48_000) == 0
    assert rescale(1024, 48_000, 90_000) == 1920


@pytest.mark.parametrize(
    ("seconds", "timescale", "ticks"), [(0.2, 90_000, 18_000), (0.2, 44_100, 8820), (0.1, 3, 1), (2.0, 90_000, 180_000)]
)
def test_binary_fractions_cost_no_extra_tick(seconds: float, timescale: int, ticks: int) -> None:
    assert ticks_at_least(seconds, timescale) == ticks


@given(st.floats(0, 100), st.sampled_from([1000, 44_100, 48_000, 90_000]))
def test_the_fewest_ticks_that_last_as_long(seconds: float, timescale: int) -> None:
    ticks = ticks_at_least(seconds, timescale)
    assert ticks >= seconds * timescale - 1e-5
    assert ticks - 1 < seconds * timescale


def test_the_usual_duration() -> None:
    assert usual([3000, 3000, 2970, 0, 0, 0]) == 3000
    assert usual([]) == usual([0, -5]) == 0
