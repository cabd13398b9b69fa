from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import remains
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_what_is_left_is_known_until_it_is_gone(conn: Connection) -> None:
    remains.note(conn, DEFAULT_TENANT, "as_a", 10.0)
    remains.note(conn, DEFAULT_TENANT, "as_b", 11.0)
    assert remains.released_before(conn, 10.0, 9) == []
    (first, second) = remains.released_before(conn, 12.0, 9)
    assert (first.id, first.prefix, second.id) == ("as_a", "tn_default/as_a/", "as_b")
    assert [left.id for left in remains.released_before(conn, 12.0, 1)] == ["as_a"]
    remains.forget(conn, "as_a")
    assert [left.id for left in remains.released_before(conn, 12.0, 9)] == ["as_b"]


def test_one_that_failed_and_is_deleted_later_is_left_once(conn: Connection) -> None:
    remains.note(conn, DEFAULT_TENANT, "as_a", 10.0)
    remains.note(conn, DEFAULT_TENANT, "as_a", 20.0)
    assert [left.released_at for left in remains.released_before(conn, 99.0, 9)] == [20.0]
