from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from media.sample import Frame
from media.track import Kind
from origin.live.faults import Fault
from origin.live.standstill import ALIKE, Standstill
from tests.origin.live.feed import picture, sound


class Arrivals:
    """Frames with one stamp, and a clock that says when each one comes."""

    def __init__(self, stamp: int = 0) -> None:
        self.now = 1_800_000_000.0
        self.faults: Counter[Fault] = Counter()
        self.standstill = Standstill(lambda: self.now, self.faults)
        self.stamp = stamp
        self.begun = self.now

    def come(self, kind: Kind, at_s: float) -> int:
        self.now = self.begun + at_s
        frame = picture(self.stamp) if kind is Kind.VIDEO else sound(self.stamp)
        return self.standstill.mend(frame).dts_ms


def test_a_clock_that_goes_on_is_left_alone() -> None:
    at = Arrivals()
    frames = [picture(n // 3 * 100) for n in range(300)]
    assert [at.standstill.mend(frame) for frame in frames] == frames
    assert not at.faults


@pytest.mark.parametrize("rate", [25, 30, 60])
def test_pictures_stand_where_they_come(rate: int) -> None:
    at = Arrivals()
    stamps = [at.come(Kind.VIDEO, n / rate) for n in range(600 * rate)]
    assert stamps[:ALIKE] == [0] * ALIKE
    assert all(abs(b - a - 1_000 / rate) < 1 for a, b in pairwise(stamps[ALIKE:]))
    assert stamps[-1] == pytest.approx(600_000, abs=100)
    assert at.faults == {Fault.STANDSTILL: 600 * rate - ALIKE}


def test_a_line_that_stalls_and_catches_up_shakes_nothing() -> None:
    """Each second the line stands for 0.4 s, and all that was sent meanwhile comes at once."""
    at = Arrivals()
    moments = [n / 30 for n in range(1_800)]
    stamps = [at.come(Kind.VIDEO, max(moment, int(moment) + 0.4)) for moment in moments]
    steps = [b - a for a, b in pairwise(stamps[60:])]
    assert min(steps) >= 5
    assert max(steps) <= 70
    assert stamps[-1] == pytest.approx(60_000, abs=500)


@pytest.mark.parametrize("step_s", [-3_600.0, 20.0, 3_600.0])
def test_a_stall_or_a_step_of_our_own_clock_moves_nothing(step_s: float) -> None:
    at = Arrivals()
    stamps = [at.come(Kind.VIDEO, n / 30 + (step_s if n >= 300 else 0)) for n in range(600)]
    steps = [b - a for a, b in pairwise(stamps[ALIKE:])]
    assert min(steps) >= 0
    assert max(steps[:250]) <= 35
    assert max(steps) <= 1_100


def test_sound_that_begins_later_stands_beside_its_pictures() -> None:
    at = Arrivals(stamp=5_000)
    pictures = [(n / 30, Kind.VIDEO) for n in range(300)]
    sounds = [(3 + n / 47, Kind.AUDIO) for n in range(329)]
    placed = {kind: at.come(kind, moment) for moment, kind in sorted(pictures + sounds)}
    assert placed[Kind.AUDIO] == pytest.approx(placed[Kind.VIDEO], abs=50)
    assert placed[Kind.VIDEO] == pytest.approx(15_000, abs=100)


def test_the_counter_wraps() -> None:
    at = Arrivals(stamp=0xFFFF_FFFF)
    assert [at.come(Kind.VIDEO, n / 10) for n in range(12)][-1] == pytest.approx(1_000, abs=150)


def test_a_clock_that_moves_again_is_believed_at_once() -> None:
    at = Arrivals()
    for n in range(30):
        at.come(Kind.VIDEO, n / 30)
    moved = Frame(Kind.VIDEO, 7_000, 0, key=True, data=b"picture")
    assert at.standstill.mend(moved) is moved
