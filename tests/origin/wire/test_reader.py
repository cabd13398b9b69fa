from __future__ import annotations

import pytest

from origin.wire.reader import Cursor, ProtocolError


def test_numbers_in_network_order() -> None:
    cursor = Cursor(b"\x01\x02\x03\xff\xff\xfe\x3f\xf8\x00\x00\x00\x00\x00\x00rest")
    assert cursor.uint(1) == 1
    assert cursor.uint(2) == 0x0203
    assert cursor.sint24() == -2
    assert cursor.double() == 1.5
    assert cursor.left == 4
    assert cursor.rest() == b"rest"
    assert cursor.rest() == b""


def test_reading_past_the_end_is_the_peers_fault() -> None:
    cursor = Cursor(b"abc", 1)
    with pytest.raises(ProtocolError) as caught:
        cursor.take(3)
    assert caught.value.reason == "truncated"
    assert cursor.take(2) == b"bc"
