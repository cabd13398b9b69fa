from __future__ import annotations

from array import array

import pytest

from transcoder.testcard.sound import Sound

RATE = 48_000


def levels(first: int, count: int) -> array[float]:
    frame = Sound(RATE).samples(first, count)
    assert (frame.samples, frame.sample_rate, frame.layout.name) == (count, RATE, "mono")
    return array("f", bytes(frame.planes[0])[: count * 4])


def test_the_beep_stands_at_the_full_second() -> None:
    second = levels(1_795_219_200 * RATE, RATE)
    assert max(second[: RATE // 12]) > 0.2
    assert max(second[RATE // 10 :]) < 0.05


def test_stretches_join_without_a_seam() -> None:
    whole = levels(7 * RATE, 4096)
    parts = levels(7 * RATE, 1024) + levels(7 * RATE + 1024, 3072)
    assert whole == parts


@pytest.mark.parametrize("first", [RATE - 100, 5 * RATE - 1])
def test_a_stretch_may_run_over_the_second(first: int) -> None:
    over = levels(first, 1024)
    left = -first % RATE
    assert over[left:] == levels(0, 1024 - left)
