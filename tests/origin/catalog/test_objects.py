from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import objects, tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.objects import Version
from tests.origin.catalog.made import problem

if TYPE_CHECKING:
    from sqlalchemy import Connection


def a_version(conn: Connection, version_id: str, name: str = "a.txt", now: float = 10.0) -> Version:
    key = objects.key_of(DEFAULT_TENANT, version_id)
    given = Version(version_id, DEFAULT_TENANT, "", key, 3, "ab" * 32, "text/plain", now, name)
    return objects.put(conn, given, f"ob_for_{version_id}")


def test_the_same_name_is_a_new_version_of_the_same_object(conn: Connection) -> None:
    first, other = a_version(conn, "ve_1"), a_version(conn, "ve_2", "b.txt")
    second = a_version(conn, "ve_3", now=20.0)
    assert first.object_id == second.object_id == "ob_for_ve_1" != other.object_id
    assert objects.current(conn, DEFAULT_TENANT, first.object_id) == second
    assert objects.version(conn, DEFAULT_TENANT, first.object_id, "ve_1") == first
    shown = objects.get(conn, DEFAULT_TENANT, first.object_id)
    assert shown
    assert (shown.revision, shown.version_id, shown.created_at, shown.updated_at) == (2, "ve_3", 10.0, 20.0)


def test_an_object_is_its_tenant_s(conn: Connection) -> None:
    tenants.create(conn, tenants.Tenant("tn_b", "b", 1.0))
    made = a_version(conn, "ve_1")
    assert objects.get(conn, "tn_b", made.object_id) is None
    assert objects.current(conn, "tn_b", made.object_id) is None
    assert objects.version(conn, "tn_b", made.object_id, "ve_1") is None
    assert objects.page(conn, "tn_b", None, 10) == []
    with problem("not_found"):
        objects.delete(conn, "tn_b", made.object_id, None, 1.0)


def test_a_list_is_paged_and_may_have_a_prefix(conn: Connection) -> None:
    for number, name in enumerate(("a/1", "a/2", "b%_", "b")):
        a_version(conn, f"ve_{number}", name, now=10.0 + number)
    names = [file.name for file in objects.page(conn, DEFAULT_TENANT, None, 10)]
    assert names == ["b", "b%_", "a/2", "a/1"]
    first = objects.page(conn, DEFAULT_TENANT, None, 2)
    rest = objects.page(conn, DEFAULT_TENANT, (first[-1].created_at, first[-1].id), 10)
    assert [file.name for file in first + rest] == names
    assert [file.name for file in objects.page(conn, DEFAULT_TENANT, None, 10, "a/")] == ["a/2", "a/1"]
    assert [file.name for file in objects.page(conn, DEFAULT_TENANT, None, 10, "b%")] == ["b%_"]


def test_what_is_deleted_waits_for_its_bytes_to_go(conn: Connection) -> None:
    made = a_version(conn, "ve_1")
    a_version(conn, "ve_2")
    with problem("revision_mismatch"):
        objects.delete(conn, DEFAULT_TENANT, made.object_id, 1, 50.0)
    assert objects.forget(conn, ["ve_1", "ve_2"]) == 0
    objects.delete(conn, DEFAULT_TENANT, made.object_id, 2, 50.0)
    assert objects.version(conn, DEFAULT_TENANT, made.object_id, "ve_1") is None
    assert objects.get(conn, DEFAULT_TENANT, made.object_id) is None
    assert objects.released(conn, 49.0, 10) == []
    keys = [(name, f"{DEFAULT_TENANT}/objects/{name}") for name in ("ve_1", "ve_2")]
    assert objects.released(conn, 50.0, 10) == keys
    again = a_version(conn, "ve_3")
    assert again.object_id != made.object_id
    assert objects.forget(conn, ["ve_1", "ve_2", "ve_3"]) == 2
