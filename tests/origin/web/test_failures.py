from __future__ import annotations

import pytest

from origin.errors import Problem
from origin.web import failures
from origin.web.failures import Failures


def spend(book: Failures, address: str, now: float) -> None:
    for _ in range(int(failures.BURST)):
        book.check(address, now)
        book.count(address, now)


def test_an_address_may_fail_so_often_and_then_waits() -> None:
    book = Failures()
    spend(book, "a", 0)
    with pytest.raises(Problem) as refused:
        book.check("a", 0)
    assert refused.value.code == "rate_limited"
    assert dict(refused.value.headers) == {"Retry-After": "6"}
    book.check("b", 0)
    book.check("a", 6)


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    book = Failures()
    spend(book, "a", 100)
    book.count("a", 0)
    with pytest.raises(Problem):
        book.check("a", 0)


def test_the_book_is_bounded() -> None:
    book = Failures()
    for i in range(failures.MAX_ADDRESSES + 50):
        book.count(str(i), 0)
    assert len(book._buckets) == failures.MAX_ADDRESSES
