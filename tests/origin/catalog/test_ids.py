from __future__ import annotations

import re

import pytest

from origin.catalog.ids import new_id, secret_hash


def test_an_id_is_its_prefix_and_32_letters() -> None:
    assert new_id("st_", lambda count: b"\x00" * count) == "st_" + "a" * 32
    assert re.fullmatch(r"pb_[a-z2-7]{32}", new_id("pb_", lambda count: bytes(range(count))))


def test_a_prefix_ends_in_an_underscore() -> None:
    with pytest.raises(ValueError, match="underscore"):
        new_id("st", bytes)


def test_the_hash_is_sha256_in_hex() -> None:
    assert secret_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
