from __future__ import annotations

import re

import pytest

from origin.catalog.ids import derived_id, new_id, secret_hash


def test_an_id_is_its_prefix_and_32_letters() -> None:
    assert new_id("st_", lambda count: b"\x00" * count) == "st_" + "a" * 32
    assert re.fullmatch(r"pb_[a-z2-7]{32}", new_id("pb_", lambda count: bytes(range(count))))


def test_what_belongs_to_something_has_always_the_same_id_which_tells_nothing_of_it() -> None:
    one = derived_id("as_", "bc_one")
    assert re.fullmatch(r"as_[a-z2-7]{32}", one)
    assert derived_id("as_", "bc_one") == one
    others = derived_id("as_", "bc_two"), derived_id("pb_", "bc_one")
    assert len({each[3:] for each in (one, *others)}) == 3


def test_a_prefix_ends_in_an_underscore() -> None:
    with pytest.raises(ValueError, match="underscore"):
        new_id("st", bytes)


def test_the_hash_is_sha256_in_hex() -> None:
    assert secret_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
