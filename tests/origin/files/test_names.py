from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.errors import Problem
from origin.files.names import MAX_NAME_BYTES, OTHER, checked_name, checked_type


@pytest.mark.parametrize("said", ["a.txt", "../../etc/passwd", "C:\\x", "Grüße 2026/Größe.mp4", "عربي.mp4", "a" * 1024])
def test_a_name_is_text(said: str) -> None:
    assert checked_name(said) == said


def test_equal_names_are_one() -> None:
    assert checked_name("Gru\u0308n") == checked_name("Gr\u00fcn") == "Gr\u00fcn"
    assert checked_name("  a ") == "a"


@pytest.mark.parametrize(
    "said", ["", " ", "a\nb", "a\x00", "a\u202etxt.exe", "\u2066a", "a\u2028b", "a" * 1025, "\x85a"]
)
def test_names_that_are_refused(said: str) -> None:
    with pytest.raises(Problem) as caught:
        checked_name(said)
    assert caught.value.code == "bad_request"


@given(st.text(max_size=40))
def test_a_checked_name_stays_as_it_is(said: str) -> None:
    try:
        name = checked_name(said)
    except Problem:
        return
    assert checked_name(name) == name
    assert 0 < len(name.encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize(
    "said", ["video/mp4", "text/plain; charset=utf-8", 'video/mp4; codecs="avc1.64001f, mp4a.40.2"']
)
def test_types(said: str) -> None:
    assert checked_type(said) == said


def test_no_type_is_any() -> None:
    assert checked_type("") == checked_type(" ") == OTHER


@pytest.mark.parametrize(
    "said", ["mp4", "a/b\r\nX: y", "/", "a/", "video/mp4;", "ä/b", "a/" + "b" * 300, 'a/b; c="\n"']
)
def test_types_that_are_none(said: str) -> None:
    with pytest.raises(Problem):
        checked_type(said)
