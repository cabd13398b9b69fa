from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.wire.ranges import ByteRange, UnsatisfiableError, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"bytes=0-", (0, 100)),
        (b"bytes=0-0", (0, 1)),
        (b"bytes=10-19", (10, 20)),
        (b"bytes=90-1000", (90, 100)),
        (b"bytes=-5", (95, 100)),
        (b"bytes=-500", (0, 100)),
        (b"Bytes=3-4", (3, 5)),
        (b"bytes=5-4", None),
        (b"bytes=-", None),
        (b"bytes=0-1,3-4", None),
        (b"pages=1-2", None),
        (b"bytes=a-b", None),
        (b"", None),
    ],
)
def test_one_range(header: bytes, expected: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == expected


@pytest.mark.parametrize("header", [b"bytes=100-", b"bytes=100-200", b"bytes=-0"])
def test_a_range_behind_the_end_cannot_be_satisfied(header: bytes) -> None:
    with pytest.raises(UnsatisfiableError):
        parse_range(header, 100)


@given(st.binary(max_size=40), st.integers(0, 1 << 40))
def test_whatever_comes_the_answer_lies_inside(header: bytes, size: int) -> None:
    try:
        span = parse_range(header, size)
    except UnsatisfiableError:
        return
    assert span is None or 0 <= span.start < span.end <= size
    assert span is None or isinstance(span, ByteRange)
