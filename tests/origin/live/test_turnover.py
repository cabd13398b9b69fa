from __future__ import annotations

from origin.live.turnover import MOST_RUNS, SPAN_S, Turnover

NOW = 1_800_000_000.0


def test_so_many_runs_are_let_pass_and_as_many_again_a_minute_later() -> None:
    turnover = Turnover()
    for number in range(MOST_RUNS):
        assert not turnover.is_spent(NOW + number)
        turnover.note(NOW + number)
    assert turnover.is_spent(NOW + MOST_RUNS)
    assert turnover.is_spent(NOW + SPAN_S - 0.1)
    assert not turnover.is_spent(NOW + SPAN_S)
    turnover.note(NOW + SPAN_S)
    assert turnover.is_spent(NOW + SPAN_S + 0.5)


def test_a_clock_that_was_put_back_locks_nobody_out() -> None:
    turnover = Turnover()
    for _ in range(MOST_RUNS):
        turnover.note(NOW)
    assert not turnover.is_spent(NOW - 3_600)
