from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.stores.protocol import MAX_KEY_CHARACTERS, ObjectMissing, StoreError, checked_key, checked_prefix

SEGMENT = st.text("abcXYZ019-_.", min_size=1, max_size=12).filter(lambda text: not text.startswith("."))


KEY = st.lists(SEGMENT, min_size=1, max_size=6).map("/".join)


@given(KEY, st.integers(0, 100))
def test_every_beginning_of_a_key_is_a_prefix(key: str, length: int) -> None:
    assert checked_key(key) == key
    assert checked_prefix(key[:length]) == key[:length]


@given(st.text(max_size=MAX_KEY_CHARACTERS + 10))
def test_no_key_leads_out_of_its_store(text: str) -> None:
    try:
        checked_key(text)
    except ValueError:
        return
    assert not text.startswith("/")
    assert not {"", ".", ".."} & set(text.split("/"))


@given(st.text("aZ0._-/ ", max_size=12))
def test_every_prefix_is_the_beginning_of_a_key(text: str) -> None:
    try:
        prefix = checked_prefix(text)
    except ValueError:
        with pytest.raises(ValueError, match="is not a key"):
            checked_key(f"{text}x")
    else:
        assert checked_key(f"{prefix}x")


@pytest.mark.parametrize("length", [1, MAX_KEY_CHARACTERS])
def test_keys_have_a_limit(length: int) -> None:
    key = "/".join(["x" * 102] * 5)[:length]
    assert checked_prefix(checked_key(key)) == key
    for check in (checked_key, checked_prefix):
        with pytest.raises(ValueError, match="key"):
            check(key + "x" * MAX_KEY_CHARACTERS)


def test_a_missing_object_is_the_askers_matter_any_other_failure_the_servers() -> None:
    missing, failed = ObjectMissing("a/b"), StoreError("The disk is full.")
    assert (missing.code, missing.status, missing.key) == ("not_found", 404, "a/b")
    assert (failed.code, failed.status, failed.detail) == ("store_failed", 503, "The disk is full.")
