from __future__ import annotations

from origin.ingest.deadline import Deadline


def test_a_peer_that_is_free_has_its_seconds() -> None:
    deadline = Deadline(10, most=30, now=100)
    assert deadline.left(104) == 6
    assert deadline.left(111) == -1


def test_a_hold_does_not_count() -> None:
    deadline = Deadline(10, most=30, now=100)
    deadline.hold(102)
    assert deadline.left(115) == 8
    deadline.release(120)
    assert deadline.left(123) == 5
    deadline.hold(124)
    deadline.release(125)
    assert deadline.left(126) == 3


def test_a_deadline_may_begin_within_a_hold() -> None:
    deadline = Deadline(10, most=30, now=100, held=True)
    assert deadline.left(105) == 10
    deadline.release(106)
    assert deadline.left(107) == 9


def test_what_is_given_back_is_bounded() -> None:
    deadline = Deadline(10, most=30, now=100)
    deadline.hold(100)
    assert deadline.left(130) == 10
    assert deadline.left(135) == 5
    deadline.release(139)
    deadline.hold(139)
    assert deadline.left(140) == 0
