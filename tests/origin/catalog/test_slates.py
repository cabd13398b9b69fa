from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import slates, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.slates import Slate
from tests.origin.catalog.made import a_stream, problem

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_a_stream_has_none_one_or_another(conn: Connection) -> None:
    a_stream(conn)
    assert slates.get(conn, "st_a") is None
    assert slates.put(conn, Slate("st_a"), None, 20.0).slate == "card"
    assert slates.get(conn, "st_a") == Slate("st_a")
    changed = slates.put(conn, Slate("st_a", b"jpeg"), 2, 30.0)
    assert (changed.slate, changed.revision, changed.updated_at) == ("picture", 3, 30.0)
    assert slates.get(conn, "st_a") == Slate("st_a", b"jpeg")
    assert slates.remove(conn, DEFAULT_TENANT, "st_a", 3, 40.0).slate is None
    assert slates.get(conn, "st_a") is None


def test_an_unknown_stream_and_an_old_revision_change_nothing(conn: Connection) -> None:
    a_stream(conn)
    with problem("not_found"):
        slates.put(conn, Slate("st_none"), None, 20.0)
    with problem("not_found"):
        slates.put(conn, Slate("st_a", tenant_id="tn_other"), None, 20.0)
    with problem("revision_mismatch"):
        slates.put(conn, Slate("st_a"), 7, 20.0)
    with problem("not_found"):
        slates.remove(conn, "tn_other", "st_a", None, 20.0)
    assert slates.get(conn, "st_a") is None


def test_it_goes_with_its_stream(conn: Connection) -> None:
    a_stream(conn)
    slates.put(conn, Slate("st_a", b"jpeg"), None, 20.0)
    streams.delete(conn, DEFAULT_TENANT, "st_a", None)
    assert slates.get(conn, "st_a") is None
