from __future__ import annotations

import base64
import json
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.catalog import cursors
from origin.errors import Problem


@given(st.floats(allow_nan=False, allow_infinity=False), st.text())
def test_a_cursor_is_read_back(moment: float, row_id: str) -> None:
    assert cursors.decode(cursors.encode(moment, row_id)) == (moment, row_id)


def word(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@given(
    st.one_of(st.text(), st.sampled_from([1, [], [1.0], ["a", "b"], [1, "a"], [True, "a"], {"a": 1, "b": 2}]).map(word))
)
def test_other_cursors_are_bad_requests(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        cursors.decode(cursor)
    assert caught.value.code == "bad_request"


@pytest.mark.parametrize("cursor", [word([float("inf"), "a"]), word([float("nan"), "a"]), word(["x" * 10]), "=" * 5])
def test_cursors_that_json_lets_through_are_bad_requests(cursor: str) -> None:
    with pytest.raises(Problem, match="begin again"):
        cursors.decode(cursor)


@given(st.floats(allow_nan=False, allow_infinity=False), st.text())
def test_a_cursor_needs_no_quoting_in_a_url(moment: float, row_id: str) -> None:
    assert set(cursors.encode(moment, row_id)) <= set(f"{ascii_letters}{digits}-_")
