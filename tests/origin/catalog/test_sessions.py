from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from origin.catalog import schema, sessions
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_a_link_begins_one_session(conn: Connection) -> None:
    sessions.create_link(conn, "code", DEFAULT_TENANT, 10.0, 60.0)
    assert sessions.redeem_link(conn, "code", "cookie", 69.0, 100.0)
    assert not sessions.redeem_link(conn, "code", "thief", 69.0, 100.0)
    session = sessions.find_session(conn, "cookie", 168.0)
    assert session == sessions.Session("cookie", DEFAULT_TENANT, 69.0, 169.0)
    assert sessions.find_session(conn, "cookie", 169.0) is None
    assert sessions.find_session(conn, "thief", 69.0) is None


def test_a_link_that_is_too_old_or_unknown_begins_none(conn: Connection) -> None:
    sessions.create_link(conn, "code", DEFAULT_TENANT, 10.0, 60.0)
    assert not sessions.redeem_link(conn, "code", "cookie", 70.0, 100.0)
    assert not sessions.redeem_link(conn, "other", "cookie", 11.0, 100.0)


def test_a_session_can_be_ended(conn: Connection) -> None:
    sessions.create_link(conn, "code", DEFAULT_TENANT, 0.0, 60.0)
    assert sessions.redeem_link(conn, "code", "cookie", 1.0, 100.0)
    assert sessions.end_session(conn, "cookie")
    assert not sessions.end_session(conn, "cookie")
    assert sessions.find_session(conn, "cookie", 2.0) is None


def test_links_and_sessions_that_ran_out_are_forgotten(conn: Connection) -> None:
    for code in ("a", "b"):
        sessions.create_link(conn, code, DEFAULT_TENANT, 0.0, 10.0)
        sessions.redeem_link(conn, code, f"of {code}", 1.0, 5.0 if code == "a" else 50.0)
    assert sessions.purge(conn, 10.0) == 3
    assert list(conn.scalars(select(schema.sessions.c.session_hash))) == ["of b"]
