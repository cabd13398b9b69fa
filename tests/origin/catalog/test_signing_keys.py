from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from origin.catalog import signing_keys
from origin.catalog.signing_keys import SigningKeyRow

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_signing_keys_in_force_come_newest_first(conn: Connection) -> None:
    rows = [
        SigningKeyRow("old", b"p", b"s", 1.0, retired_at=9.0),
        SigningKeyRow("leaving", b"p", b"s", 2.0, retired_at=11.0),
        SigningKeyRow("new", b"p", b"s", 3.0),
    ]
    for row in rows:
        signing_keys.add(conn, row)
    assert signing_keys.active(conn, 10.0) == [rows[2], rows[1]]
    assert signing_keys.active(conn, 11.0) == [rows[2]]
    assert "sealed" not in repr(rows[0])


def test_no_key_takes_the_place_of_another(conn: Connection) -> None:
    signing_keys.add(conn, SigningKeyRow("kid", b"p", b"s", 1.0))
    with pytest.raises(IntegrityError):
        signing_keys.add(conn, SigningKeyRow("kid", b"q", b"t", 2.0))


def test_a_rotation_lets_the_last_tokens_run_out(conn: Connection) -> None:
    for row in (SigningKeyRow("gone", b"p", b"s", 1.0, 5.0), SigningKeyRow("old", b"p", b"s", 2.0)):
        signing_keys.add(conn, row)
    assert signing_keys.retire(conn, 20.0) == 1
    signing_keys.add(conn, SigningKeyRow("new", b"p", b"s", 10.0))
    assert [(key.kid, key.retired_at) for key in signing_keys.active(conn, 19.9)] == [("new", None), ("old", 20.0)]
    assert [key.kid for key in signing_keys.active(conn, 20.0)] == ["new"]


def test_a_key_can_be_retired_earlier_and_never_later(conn: Connection) -> None:
    signing_keys.add(conn, SigningKeyRow("kid", b"p", b"s", 1.0, 20.0))
    assert signing_keys.retire(conn, 30.0) == 0
    assert signing_keys.active(conn, 20.0) == []
    assert signing_keys.retire(conn, 10.0) == 1
    assert signing_keys.active(conn, 10.0) == []


def test_every_public_half_stays(conn: Connection) -> None:
    signing_keys.add(conn, SigningKeyRow("old", b"p", b"s", 1.0))
    signing_keys.retire(conn, 2.0)
    signing_keys.add(conn, SigningKeyRow("new", b"q", b"s", 2.0))
    assert [key.kid for key in signing_keys.active(conn, 3.0)] == ["new"]
    assert list(signing_keys.public_halves(conn).items()) == [("new", b"q"), ("old", b"p")]


def test_a_private_half_can_be_sealed_anew(conn: Connection) -> None:
    signing_keys.add(conn, SigningKeyRow("old", b"p", b"s", 1.0, 2.0))
    signing_keys.add(conn, SigningKeyRow("new", b"q", b"t", 2.0))
    signing_keys.replace_sealed(conn, "old", b"other")
    assert [(key.kid, key.sealed_private) for key in signing_keys.every(conn)] == [("new", b"t"), ("old", b"other")]
