from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from origin.catalog import signing_keys, tenants
from origin.catalog.database import Catalog
from origin.catalog.glance import signing_key
from origin.catalog.signing_keys import SigningKeyRow

if TYPE_CHECKING:
    from pathlib import Path


def test_the_key_to_sign_with_is_the_newest_that_is_not_retired(tmp_path: Path) -> None:
    path = tmp_path / "a catalog #1?.db"
    catalog = Catalog.open(f"sqlite:///{path}")
    try:
        catalog.write_now(lambda conn: tenants.ensure_default(conn, 1.0))
        for row in (
            SigningKeyRow("old", b"p" * 32, b"1", 1.0),
            SigningKeyRow("new", b"p", b"2", 2.0),
            SigningKeyRow("gone", b"p", b"3", 3.0, retired_at=9.0),
        ):
            catalog.write_now(partial(signing_keys.add, key=row))
        assert signing_key(path) == ("new", b"2")
    finally:
        catalog.close()
    assert signing_key(path) == ("new", b"2")


def test_where_it_cannot_tell_it_makes_and_changes_nothing(tmp_path: Path) -> None:
    assert signing_key(tmp_path / "none.db") is None
    assert not any(tmp_path.iterdir())
    other = tmp_path / "other.db"
    other.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    assert signing_key(other) is None
    empty = tmp_path / "empty.db"
    with sqlite3.connect(empty) as database:
        database.execute("CREATE TABLE signing_keys (kid, sealed_private, retired_at, created_at)")
    database.close()
    assert signing_key(empty) is None
