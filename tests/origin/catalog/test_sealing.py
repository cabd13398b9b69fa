from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.catalog.errors import CatalogError
from origin.catalog.sealing import seal, unseal

SECRET = bytes(range(32))
SEALED = seal(SECRET, "kid", b"private", lambda count: b"\x07" * count)


@given(st.binary(), st.text())
def test_what_was_sealed_is_opened(plain: bytes, name: str) -> None:
    assert unseal(SECRET, name, seal(SECRET, name, plain, os.urandom)) == plain


def test_the_form_does_not_change() -> None:
    """Values at rest must be readable by every later version."""
    assert SEALED.hex() == "01" + "07" * 12 + "7f18cf2a0e7bb2d4f55a784cad39c13904974e4b5d24ed"


@pytest.mark.parametrize(("secret", "name"), [(bytes(32), "kid"), (SECRET, "dik")])
def test_another_secret_or_name_does_not_open(secret: bytes, name: str) -> None:
    with pytest.raises(CatalogError, match="`secret` is not the one"):
        unseal(secret, name, SEALED)


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, flip: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= flip
    with pytest.raises(CatalogError):
        unseal(SECRET, "kid", bytes(changed))


@given(st.binary(max_size=40))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(CatalogError):
        unseal(SECRET, "kid", garbage)
