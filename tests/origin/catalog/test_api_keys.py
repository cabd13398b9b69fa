from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from origin.catalog import api_keys
from origin.catalog.ids import DEFAULT_TENANT, secret_hash

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_an_api_key_is_found_by_its_hash(conn: Connection) -> None:
    key = api_keys.create(conn, tenant_id=DEFAULT_TENANT, secret_hash="ab" * 32, role="admin", name="n", now=2.0)
    assert key.id == "ab" * 8
    assert api_keys.find(conn, "ab" * 32) == key
    assert api_keys.find(conn, "cd" * 32) is None


def test_there_is_one_key_to_a_secret(conn: Connection) -> None:
    for name in ("one", "two"):
        api_keys.create(
            conn, tenant_id=DEFAULT_TENANT, secret_hash=secret_hash(name), role="viewer", name="same", now=2.0
        )
    with pytest.raises(IntegrityError), conn.begin_nested():
        api_keys.create(
            conn, tenant_id=DEFAULT_TENANT, secret_hash=secret_hash("one"), role="admin", name="other", now=3.0
        )
    found = api_keys.find(conn, secret_hash("one"))
    assert found is not None
    assert found.role == "viewer"
