from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from origin.web.lru import Recent


def test_what_was_used_longest_ago_is_forgotten() -> None:
    recent: Recent[int] = Recent(2, 10)
    recent.put("a", 1, 0)
    recent.put("b", 2, 0)
    assert recent.get("a", 1) == 1
    recent.put("c", 3, 1)
    assert [recent.get(name, 1) for name in "abc"] == [1, None, 3]


def test_what_is_too_old_or_from_the_future_is_forgotten() -> None:
    recent: Recent[int] = Recent(2, 10)
    recent.put("a", 1, 5)
    assert recent.get("a", 14.9) == 1
    assert recent.get("a", 15) is None
    recent.put("a", 1, 5)
    assert recent.get("a", 4) is None
    assert len(recent) == 0


@given(st.lists(st.text("abcdefg", max_size=2)))
def test_it_never_grows_beyond_its_size(names: list[str]) -> None:
    recent: Recent[int] = Recent(3, 10)
    for number, name in enumerate(names):
        recent.put(name, number, 0)
        assert recent.get(name, 0) == number
        assert len(recent) <= 3
