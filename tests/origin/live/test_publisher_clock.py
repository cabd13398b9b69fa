from __future__ import annotations

from collections import Counter

import pytest

from media.track import Kind
from origin.live.faults import Fault
from origin.live.publisher_clock import PublisherClock, apart

V, A = Kind.VIDEO, Kind.AUDIO
WRAP = 2**32


@pytest.mark.parametrize(
    ("stamp", "before", "step"),
    [
        (5, 3, 2),
        (3, 5, -2),
        (2, WRAP - 3, 5),
        (WRAP - 3, 2, -5),
        (2**31, 0, -(2**31)),
        (-5, 0, -5),
        (10**30, 10**30, 0),
    ],
)
def test_steps_on_a_counter_of_32_bits(stamp: int, before: int, step: int) -> None:
    assert apart(stamp, before) == step


def clock(*first: tuple[Kind, int]) -> tuple[PublisherClock, Counter[Fault]]:
    """A clock whose first stamp stands at 1000."""
    faults: Counter[Fault] = Counter()
    made = PublisherClock(faults)
    for kind, stamp in first:
        assert made.place(kind, stamp) is not None or made.resume(kind, stamp, 1_000)
    return made, faults


def test_a_wrap_is_one_step_even_while_only_one_track_has_wrapped() -> None:
    made, faults = clock((V, WRAP - 50), (A, WRAP - 60))
    assert made.place(V, WRAP - 17) == 1_033
    assert made.place(V, 16) == 1_066
    assert made.place(A, WRAP - 30) == 1_020
    assert made.place(V, 50) == 1_100
    assert made.place(A, 10) == 1_060
    assert made.place(A, WRAP + 31) == 1_081
    assert faults == {Fault.WRAP: 2}


def test_stamps_of_more_than_32_bits_and_below_zero_are_the_same_counter() -> None:
    made, faults = clock((V, WRAP - 40))
    assert made.place(V, -7) == 1_033
    assert made.place(V, WRAP + 26) == 1_066
    assert faults == {Fault.WRAP: 1}


@pytest.mark.parametrize("jump", [2_970, 3_001, 100_000, 2**31, -1_100, -2_000, -100_000, -(2**31)])
def test_the_other_track_follows_a_jump_with_the_same_offset(jump: int) -> None:
    made, faults = clock((V, 10_000), (A, 9_990))
    assert made.place(V, 10_033 + jump) is None
    assert made.resume(V, 10_033 + jump, 1_033) == 1_033
    assert made.place(A, 10_011) == 1_011
    assert made.place(A, 10_032 + jump) == 1_032
    assert made.place(V, 10_066 + jump) == 1_066
    assert faults.total() == 2


def test_a_single_wild_stamp_changes_nothing_afterwards() -> None:
    made, faults = clock((V, 0))
    assert made.place(V, 1_000_000) is None
    made.resume(V, 1_000_000, 1_033)
    assert made.place(V, 66) == 1_066
    assert faults == {Fault.JUMP_FORWARD: 1, Fault.JUMP_BACKWARD: 1}


def test_a_track_back_from_a_stall_is_no_jump() -> None:
    made, faults = clock((V, 0), (A, 0))
    for at in range(0, 20_000, 20):
        made.place(A, at)
    assert made.place(V, 20_000) == 21_000
    assert not faults


@pytest.mark.parametrize(("stamp", "at"), [(9_000, 0), (9_500, 500), (13_000, 4_000), (8_999, None), (13_001, None)])
def test_a_second_track_may_begin_near_the_first(stamp: int, at: int | None) -> None:
    made, faults = clock((V, 10_000))
    assert made.place(A, stamp) == at
    assert not faults
