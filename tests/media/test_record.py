from __future__ import annotations

from media.record import record


@record
class Point:
    x: int
    y: int = 0


def test_a_record_is_a_value() -> None:
    assert Point(1) == Point(1, 0)
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert repr(Point(1, y=3)) == "Point(x=1, y=3)"


def test_a_record_takes_no_other_attributes() -> None:
    assert not hasattr(Point(1), "__dict__")
