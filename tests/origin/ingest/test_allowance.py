from __future__ import annotations

from origin.ingest.allowance import Allowance


def test_a_burst_is_free_and_an_overdraft_is_paid_off_by_waiting() -> None:
    allowance = Allowance(rate=10, burst=50, now=0.0)
    assert allowance.spend(50, 0.0) == 0.0
    assert allowance.spend(20, 0.0) == 2.0
    assert allowance.spend(0, 2.0) == 0.0


def test_savings_stop_at_the_burst() -> None:
    allowance = Allowance(rate=10, burst=50, now=0.0)
    assert allowance.spend(60, 1_000.0) == 1.0
