from __future__ import annotations

import errno

import pytest

from origin.stores.disk_errors import told
from origin.stores.protocol import ObjectMissing, StoreError


def test_what_the_system_says_becomes_a_sentence_for_the_operator() -> None:
    with pytest.raises(StoreError, match="is full; free some space") as caught, told():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(StoreError, match="failed: Input/output error"), told():
        raise OSError(errno.EIO, "Input/output error")


def test_other_errors_pass() -> None:
    with pytest.raises(ObjectMissing), told():
        raise ObjectMissing("a")
    with pytest.raises(ZeroDivisionError), told():
        raise ZeroDivisionError
