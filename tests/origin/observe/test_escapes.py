from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from origin.observe import escapes


@given(st.text())
def test_no_control_character_is_left_in_a_line_and_no_other_is_touched(text: str) -> None:
    for char in text:
        control = unicodedata.category(char) == "Cc"
        assert (escapes.line(char) == char) is not control
        assert not any(unicodedata.category(shown) == "Cc" for shown in escapes.line(char))


def test_they_are_shown_by_their_numbers() -> None:
    assert escapes.line("a\x1b[1m\x7f\x9b\r\n\té") == "a\\x1b[1m\\x7f\\x9b\\r\\n\\té"


def test_a_block_keeps_its_lines() -> None:
    assert escapes.block("a\n\tb\r\x1b") == "a\n\tb\\r\\x1b"


def test_of_an_event_only_what_structlog_writes_in_lines_keeps_them() -> None:
    event: dict[str, Any] = {"event": "a\n", "exception": "b\n\x1b", "stack": "c\n", "status": 200}
    assert escapes.values(None, "", event) == {"event": "a\\n", "exception": "b\n\\x1b", "stack": "c\n", "status": 200}
