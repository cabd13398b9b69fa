from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from origin.catalog import objects, uploads
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.objects import Version
from origin.catalog.uploads import State, Upload
from origin.errors import Problem
from tests.origin.catalog.made import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

GIVEN = Upload(
    id="up_1",
    tenant_id=DEFAULT_TENANT,
    name="a.txt",
    content_type="text/plain",
    metadata="filename YQ==",
    state=State.CREATED,
    length=10,
    durable_offset=0,
    fence=0,
    place="pl_a",
    expires_at=100.0,
    created_at=1.0,
)
VERSION = Version("ve_1", DEFAULT_TENANT, "ob_1", "tn_default/objects/ve_1", 10, "ab" * 32, "text/plain", 5.0, "a.txt")


def made(conn: Connection, **changes: object) -> Upload:
    upload = replace(GIVEN, **changes)  # type: ignore[arg-type]  # names of its fields
    uploads.create(conn, upload, 4)
    return upload


def now(conn: Connection, upload_id: str = "up_1") -> Upload:
    found = uploads.get(conn, DEFAULT_TENANT, upload_id)
    assert found
    return found


def test_only_who_took_it_last_says_how_far_it_is(conn: Connection) -> None:
    assert now_is(made(conn), conn)
    first = uploads.seize(conn, "up_1", 0, 200.0)
    assert first == 1
    assert uploads.note(conn, "up_1", first, 4, 300.0, State.RECEIVING)
    assert uploads.seize(conn, "up_1", 3, 200.0) is None
    second = uploads.seize(conn, "up_1", 4, 400.0)
    assert second == 2
    assert not uploads.note(conn, "up_1", first, 6, 500.0, State.RECEIVING)
    assert not uploads.note(conn, "up_1", second, 3, 500.0, State.RECEIVING)
    assert uploads.note(conn, "up_1", second, 4, 500.0, State.PAUSED)
    found = now(conn)
    assert (found.durable_offset, found.state, found.expires_at, found.fence) == (4, State.PAUSED, 500.0, 2)
    assert not uploads.note(conn, "up_1", second, 8, 500.0, State.RECEIVING)


def now_is(expected: Upload, conn: Connection) -> bool:
    return now(conn, expected.id) == expected


def test_what_is_full_is_sealed_and_then_an_object(conn: Connection) -> None:
    made(conn)
    fence = uploads.seize(conn, "up_1", 0, 200.0)
    assert fence
    told: list[tuple[str, Mapping[str, str]]] = []

    def follow(_: Connection, version: Version, metadata: Mapping[str, str]) -> None:
        told.append((version.object_id, metadata))

    assert uploads.commit(conn, "up_1", VERSION, {}, follow, 9.0) is None
    assert uploads.note(conn, "up_1", fence, 10, 200.0, State.SEALING)
    assert [row.id for row in uploads.in_state(conn, "pl_a", State.SEALING, 10)] == ["up_1"]
    assert uploads.seize(conn, "up_1", 10, 200.0) is None
    first = uploads.commit(conn, "up_1", VERSION, {"package": "1"}, follow, 9.0)
    again = uploads.commit(conn, "up_1", VERSION, {"package": "1"}, follow, 19.0)
    assert first == again == now(conn)
    assert first is not None
    assert (first.state, first.object_id, first.version_id, first.finished_at) == ("committed", "ob_1", "ve_1", 9.0)
    assert told == [("ob_1", {"package": "1"})]
    assert objects.current(conn, DEFAULT_TENANT, "ob_1") == VERSION


def test_what_fails_in_what_follows_undoes_the_commit(conn: Connection) -> None:
    made(conn, state=State.SEALING, durable_offset=10)

    def follow(*_: object) -> None:
        raise Problem("conflict", "No.")

    inner = conn.begin_nested()
    with pytest.raises(Problem, match="No"):
        uploads.commit(conn, "up_1", VERSION, {}, follow, 9.0)
    inner.rollback()
    assert now(conn).state == State.SEALING
    assert objects.current(conn, DEFAULT_TENANT, "ob_1") is None


def test_an_end_comes_once(conn: Connection) -> None:
    made(conn)
    assert uploads.end(conn, "up_1", uploads.OPEN, State.CANCELLED, 7.0)
    assert not uploads.end(conn, "up_1", uploads.OPEN, State.FAILED, 8.0, "why")
    assert (now(conn).state, now(conn).finished_at) == (State.CANCELLED, 7.0)
    assert uploads.purge(conn, 7.0) == 0
    assert uploads.purge(conn, 7.5) == 1


def test_expired_are_those_whose_time_is_really_over(conn: Connection) -> None:
    made(conn)
    made(conn, id="up_2", expires_at=50.0, state=State.PAUSED)
    made(conn, id="up_3", expires_at=50.0, state=State.SEALING)
    made(conn, id="up_4", expires_at=50.0, place="pl_b")
    assert [row.id for row in uploads.expired(conn, "pl_a", 60.0, 10)] == ["up_2"]
    assert uploads.seize(conn, "up_2", 0, 200.0)
    assert not uploads.expire(conn, "up_2", 60.0)
    assert uploads.expire(conn, "up_2", 200.0)


def test_a_start_finds_nobody_writing(conn: Connection) -> None:
    made(conn)
    made(conn, id="up_2", state=State.RECEIVING)
    made(conn, id="up_3", state=State.RECEIVING, place="pl_b")
    assert uploads.pause_all(conn, "pl_a") == 1
    assert [now(conn, name).state for name in ("up_1", "up_2", "up_3")] == ["created", "paused", "receiving"]
    assert uploads.kept(conn, "pl_a", ["up_1", "up_2", "up_3", "up_4"]) == {"up_1", "up_2"}
    assert uploads.unfinished(conn, DEFAULT_TENANT) == 3


def test_a_tenant_may_have_so_many(conn: Connection) -> None:
    for number in range(4):
        made(conn, id=f"up_{number}")
    with problem("rate_limited"):
        made(conn, id="up_5")
    assert uploads.end(conn, "up_0", uploads.OPEN, State.CANCELLED, 1.0)
    made(conn, id="up_5")
