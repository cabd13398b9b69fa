from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.wire.reader import Cursor, ProtocolError
from origin.wire.rtmp.amf3 import Value, decode_value


def decode(data: bytes, values: int = 100, depth: int = 8) -> Value:
    return decode_value(Cursor(data), values, depth)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00", None),
        ("01", None),
        ("02", False),
        ("03", True),
        ("04 7f", 127.0),
        ("04 8100", 128.0),
        ("04 ffffffff", -1.0),
        ("04 bfffffff", float((1 << 28) - 1)),
        ("05 3ff8000000000000", 1.5),
        ("06 05 6869", "hi"),
        ("07 05 6869", b"hi"),
        ("08 01 4059000000000000", 100.0),
        ("09 05 01 03 02", [True, False]),
        ("09 03 03 61 03 01 02", {"a": True, "0": False}),
        ("0a 0b 01 03 61 03 01", {"a": True}),
        ("0a 13 01 03 61 06 03 62", {"a": "b"}),
        ("09 05 01 0a 13 01 03 61 03 0a 01 02", [{"a": True}, {"a": False}]),
        ("09 05 01 06 03 61 06 00", ["a", "a"]),
        ("0c 03 ff", b"\xff"),
        ("09 00", None),
        ("0a 00", None),
    ],
)
def test_markers(text: str, value: Value) -> None:
    assert decode(bytes.fromhex(text)) == value


@pytest.mark.parametrize(
    "text", ["0d 01", "11", "06 02", "0a 05", "0a 07 01", "06 ffffffff", "09 ffffffff 01", "04 80"]
)
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(ProtocolError):
        decode(bytes.fromhex(text))


def test_depth_and_number_are_bounded() -> None:
    with pytest.raises(ProtocolError, match="too deep"):
        decode(b"\x09\x03\x01" * 20 + b"\x01", depth=8)
    with pytest.raises(ProtocolError, match="too many"):
        decode(b"\x09\x41\x01" + b"\x01" * 32, values=10)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_protocol_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(data)
