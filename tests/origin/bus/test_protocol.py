from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.bus.protocol import MAX_MESSAGE_BYTES, BusError, Message, checked


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5))
def test_a_message_is_a_copy_of_what_was_said(values: dict[str, str]) -> None:
    message = checked("stream/st_a", values)
    assert message == Message("stream/st_a", values)
    values["late"] = "x"
    assert "late" not in message.values


@pytest.mark.parametrize("topic", ["a", "stream/st_5x", "A.b:c_d-e/0", "x" * 200])
def test_topics_are_of_letters_digits_and_a_few_signs(topic: str) -> None:
    assert checked(topic, {}).topic == topic


@pytest.mark.parametrize("topic", ["", "a b", "a*", "a\n", "ä", "x" * 201])
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(ValueError, match="is not a topic"):
        checked(topic, {})


@pytest.mark.parametrize(("letter", "size"), [("y", 1), ("ü", 2), ("🎥", 4)])
def test_a_message_is_as_large_as_its_bytes(letter: str, size: int) -> None:
    fitting = letter * (MAX_MESSAGE_BYTES // size - 1)
    assert checked("a", {letter: fitting}).values == {letter: fitting}
    with pytest.raises(ValueError, match=f"message of {MAX_MESSAGE_BYTES + size} bytes is too large"):
        checked("a", {letter: fitting + letter})


def test_an_error_of_the_bus_is_the_servers_fault_and_may_pass() -> None:
    error = BusError("The bus is closed.")
    assert (error.code, error.status, error.detail) == ("bus_failed", 503, "The bus is closed.")
