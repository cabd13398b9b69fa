from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.wire.reader import ProtocolError
from origin.wire.rtmp import amf0
from origin.wire.rtmp.amf0 import Value, decode, encode

NAMES = st.text(max_size=8)
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.lists(VALUES, max_size=4))
def test_what_is_written_is_read(values: list[Value]) -> None:
    assert decode(encode(values)) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00 3ff8000000000000", 1.5),
        ("01 02", True),
        ("02 0002 6869", "hi"),
        ("02 0001 ff", "\ufffd"),
        ("03 0001 61 05 000009", {"a": None}),
        ("03 0000 05 000009", {"": None}),
        ("06", None),
        ("07 0001", None),
        ("08 00000063 0001 61 01 01 000009", {"a": True}),
        ("0a 00000002 05 0101", [None, True]),
        ("0b 4059000000000000 0000", 100.0),
        ("0c 00000002 6869", "hi"),
        ("0d", None),
        ("0f 00000003 3c782f", "<x/"),
        ("10 0001 43 0001 61 05 000009", {"a": None}),
        ("11 04 05", 5.0),
    ],
)
def test_markers(text: str, value: Value) -> None:
    assert decode(bytes.fromhex(text)) == [value]


def test_not_a_number() -> None:
    (value,) = decode(b"\x00\x7f\xf8" + bytes(6))
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    "text", ["00 00", "02 0005 61", "03 0001 61", "04", "0e", "0a ffffffff 05", "12", "03 0001 6109"]
)
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(ProtocolError):
        decode(bytes.fromhex(text))


def test_depth_and_number_are_bounded() -> None:
    with pytest.raises(ProtocolError, match="too deep"):
        decode(b"\x0a\x00\x00\x00\x01" * (amf0.MAX_DEPTH + 2) + b"\x05")
    with pytest.raises(ProtocolError, match="too many"):
        decode(b"\x05" * (amf0.MAX_VALUES + 1))
    with pytest.raises(ProtocolError):
        decode(b"\x0a\x00\x00\x00\x01" * 100_000)


def test_only_what_amf0_knows_is_written() -> None:
    with pytest.raises(TypeError):
        encode([b"bytes"])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_values_or_a_protocol_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(data)
