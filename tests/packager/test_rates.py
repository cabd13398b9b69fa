from __future__ import annotations

from packager.rates import declared, peak, rounded


def test_the_peak_is_of_segments_that_are_long_enough() -> None:
    assert peak([(1000, 2.0), (3000, 2.0), (9000, 0.1)], 1.0) == 12_000
    assert peak([(9000, 0.1)], 1.0) == 0


def test_what_is_told_is_whole_kilobits_and_above_what_was_seen() -> None:
    assert [rounded(bits) for bits in (0, 1, 1000, 1001)] == [1000, 1000, 1000, 2000]
    assert declared(10_000) == 11_000
