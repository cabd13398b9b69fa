from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

from origin.live.frame_grid import RATES, FrameGrid, claimed_rate

SCALE = 90_000
TEN_HOURS_S = 36_000


def stamps(rate: tuple[int, int], picks: range, rounding: Fraction) -> list[int]:
    """Stamps (ms) of the pictures `picks`, rounded as encoders do: down (0) or to the nearest (1/2)."""
    return [int(Fraction(1000 * n * rate[1], rate[0]) + rounding) for n in picks]


def exact(rate: tuple[int, int], n: int) -> int:
    return n * SCALE * rate[1] // rate[0]


@pytest.mark.parametrize("rounding", [Fraction(0), Fraction(1, 2)], ids=["down", "nearest"])
@pytest.mark.parametrize("rate", RATES, ids=lambda r: f"{r[0]}/{r[1]}")
def test_a_claimed_rate_is_exact_from_the_first_picture(rate: tuple[int, int], rounding: Fraction) -> None:
    grid = FrameGrid(SCALE, rate[0] / rate[1])
    found = [grid.place(at, 0) for at in stamps(rate, range(2_000), rounding)]
    assert found == [(exact(rate, n), 0) for n in range(2_000)]


@pytest.mark.parametrize("rounding", [Fraction(0), Fraction(1, 2)], ids=["down", "nearest"])
@pytest.mark.parametrize("rate", RATES, ids=lambda r: f"{r[0]}/{r[1]}")
def test_an_unclaimed_rate_is_found_and_then_exact(rate: tuple[int, int], rounding: Fraction) -> None:
    grid = FrameGrid(SCALE, None)
    found = [grid.place(at, 0)[0] for at in stamps(rate, range(2_000), rounding)]
    assert all(abs(dts - exact(rate, n)) <= 225 for n, dts in enumerate(found))
    base = found[500]
    assert max(abs(dts - base - (exact(rate, n) - exact(rate, 500))) for n, dts in enumerate(found) if n >= 500) <= 1


@pytest.mark.parametrize("rate", [(30, 1), (30_000, 1_001), (25, 1), (24_000, 1_001), (60_000, 1_001)])
def test_ten_hours_do_not_drift(rate: tuple[int, int]) -> None:
    """Every picture of the first two minutes, then one in 997 until the end."""
    grid = FrameGrid(SCALE, rate[0] / rate[1])
    last = TEN_HOURS_S * rate[0] // rate[1]
    for picks in (range(120 * rate[0] // rate[1]), range(120 * rate[0] // rate[1], last, 997)):
        for n, at in zip(picks, stamps(rate, picks, Fraction(0)), strict=True):
            assert grid.place(at, 0) == (exact(rate, n), 0)


@pytest.mark.parametrize(("claim", "rate"), [(30.0, (30_000, 1_001)), (29.97, (30, 1)), (24.0, (24_000, 1_001))])
def test_a_wrong_claim_next_to_the_truth_is_corrected_once(claim: float, rate: tuple[int, int]) -> None:
    grid = FrameGrid(SCALE, claim)
    found = [grid.place(at, 0)[0] for at in stamps(rate, range(3_000), Fraction(0))]
    assert all(abs(dts - exact(rate, n)) <= 225 for n, dts in enumerate(found))
    assert found[200:] == [exact(rate, n) for n in range(200, 3_000)]


@pytest.mark.parametrize("claim", [25.0, 50.0, 15.0, 1_000.0, 0.0, -3.0, float("nan"), float("inf")])
def test_a_claim_far_from_the_truth_gives_way(claim: float) -> None:
    grid = FrameGrid(SCALE, claim)
    found = [grid.place(at, 0)[0] for at in stamps((30, 1), range(400), Fraction(0))]
    steps = {b - a for a, b in pairwise(found[200:])}
    assert steps == {3_000}


def test_a_variable_rate_passes_untouched() -> None:
    random = Random(1)  # noqa: S311 - a jitter to repeat, not a secret
    grid, at = FrameGrid(SCALE, None), 0
    for _ in range(2_000):
        at += random.randint(15, 60)
        assert grid.place(at, 0) == (at * 90, 0)


def test_lost_pictures_leave_the_grid_as_it_is() -> None:
    grid = FrameGrid(SCALE, 30.0)
    kept = [n for n in range(3_000) if n % 7 != 3 and not 900 < n < 960]
    assert [grid.place(n * 1000 // 30, 0)[0] for n in kept] == [n * 3_000 for n in kept]
    assert grid.period == 3_000


def test_one_stamp_astray_is_alone_in_that() -> None:
    grid = FrameGrid(SCALE, 30.0)
    placed = [grid.place(n * 1000 // 30 + (5 if n == 50 else 0), 0)[0] for n in range(200)]
    assert [n for n in range(200) if placed[n] != n * 3_000] == [50]


def test_the_grid_moves_with_stamps_that_stay_off() -> None:
    grid = FrameGrid(SCALE, 30.0)
    placed = [grid.place(n * 100 // 3 + (10 if n >= 50 else 0), 0)[0] for n in range(200)]
    assert {b - a for a, b in pairwise(placed[51:])} == {3_000}
    assert placed[51] - 51 * 3_000 == pytest.approx(900, abs=90)


@pytest.mark.parametrize(
    ("cts", "ticks"), [(0, 0), (33, 3_000), (34, 3_000), (67, 6_000), (-33, -3_000), (40, 3_600), (-100, -9_000)]
)
def test_composition_offsets_are_whole_pictures_where_they_nearly_are(cts: int, ticks: int) -> None:
    assert FrameGrid(SCALE, None).place(0, cts) == (0, cts * 90)
    grid = FrameGrid(SCALE, 30.0)
    assert grid.place(0, cts) == (0, ticks)
    assert grid.place(33, cts) == (3_000, ticks)


@pytest.mark.parametrize(
    ("claim", "rate"),
    [
        (23.98, (24_000, 1_001)),
        (23.976, (24_000, 1_001)),
        (24.0, (24, 1)),
        (29.97, (30_000, 1_001)),
        (59.94, (60_000, 1_001)),
        (30.0, (30, 1)),
        (None, None),
        (27.0, None),
    ],
)
def test_claims(claim: float | None, rate: tuple[int, int] | None) -> None:
    assert claimed_rate(claim) == rate
