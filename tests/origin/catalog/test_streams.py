from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from origin.catalog import broadcasts, streams, tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.streams import Changes, NewStream
from tests.origin.catalog.made import a_broadcast, a_stream, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


def test_a_stream_is_found_by_each_of_its_names(conn: Connection) -> None:
    stream = a_stream(conn)
    assert (stream.revision, stream.created_at, stream.next_msn, stream.next_discontinuity) == (1, 10.0, 0, 0)
    assert streams.get(conn, DEFAULT_TENANT, "st_a") == stream
    assert streams.by_playback_id(conn, "pb_a") == stream
    assert streams.by_key_hash(conn, "hash-a") == stream


def test_no_name_stands_for_another(conn: Connection) -> None:
    a_stream(conn)
    assert streams.get(conn, DEFAULT_TENANT, "pb_a") is None
    assert streams.by_playback_id(conn, "st_a") is None
    assert streams.by_key_hash(conn, "pb_a") is None


@pytest.mark.parametrize("same", ["id", "key_hash", "playback_id"])
def test_names_are_unique(conn: Connection, same: str) -> None:
    stream = a_stream(conn)
    twin = replace(NewStream("st_b", DEFAULT_TENANT, "b", "hash-b", "pb_b"), **{same: getattr(stream, same)})
    with pytest.raises(IntegrityError):
        streams.create(conn, twin, 11.0)


def test_a_tenant_sees_its_own_streams_only(conn: Connection) -> None:
    tenants.create(conn, tenants.Tenant("tn_b", "B", 1.0))
    a_stream(conn)
    assert streams.get(conn, "tn_b", "st_a") is None
    assert streams.page(conn, "tn_b", None, 10) == []
    attempts: list[Callable[[], object]] = [
        lambda: streams.update(conn, "tn_b", "st_a", Changes(name="x"), None, 1.0),
        lambda: streams.rotate_key(conn, "tn_b", "st_a", "hash", 1.0),
        lambda: streams.delete(conn, "tn_b", "st_a", None),
    ]
    for attempt in attempts:
        with problem("not_found"):
            attempt()


def test_pages_go_from_the_newest_to_the_oldest_and_ties_are_broken(conn: Connection) -> None:
    made = [a_stream(conn, f"{number:02}", now=float(number // 3)) for number in range(10)]
    after, seen = None, []
    while page := streams.page(conn, DEFAULT_TENANT, after, 3):
        seen += page
        after = page[-1].created_at, page[-1].id
        if len(seen) == 3:  # what comes or goes elsewhere between two pages changes nothing
            a_stream(conn, "newcomer", now=99.0)
            streams.delete(conn, DEFAULT_TENANT, seen[0].id, None)
    assert seen == sorted(made, key=lambda stream: (stream.created_at, stream.id), reverse=True)


def test_those_on_the_air_are_found_among_many(conn: Connection) -> None:
    for number in range(10):
        a_stream(conn, f"{number:02}", now=100.0 + number)
    stream = a_stream(conn)
    assert streams.page(conn, DEFAULT_TENANT, None, 3, on_air=True) == []
    broadcast = a_broadcast(conn)
    assert streams.page(conn, DEFAULT_TENANT, None, 3, on_air=True) == [stream]
    broadcasts.end(conn, broadcast.id, 30.0)
    assert streams.page(conn, DEFAULT_TENANT, None, 3, on_air=True) == []


def test_a_change_raises_the_revision(conn: Connection) -> None:
    stream = a_stream(conn)
    changes = Changes(name="b", latency="standard", dvr_window_s=5.0, public_jti="jti")
    changed = streams.update(conn, DEFAULT_TENANT, stream.id, changes, 1, 12.0)
    assert changed == replace(
        stream, name="b", latency="standard", dvr_window_s=5.0, public_jti="jti", revision=2, updated_at=12.0
    )
    assert streams.get(conn, DEFAULT_TENANT, stream.id) == changed


def test_none_is_a_value_where_it_may_be_one(conn: Connection) -> None:
    stream = a_stream(conn)
    streams.update(conn, DEFAULT_TENANT, stream.id, Changes(public_jti="jti"), None, 12.0)
    assert streams.update(conn, DEFAULT_TENANT, stream.id, Changes(name="x"), None, 12.0).public_jti == "jti"
    assert streams.update(conn, DEFAULT_TENANT, stream.id, Changes(public_jti=None), None, 12.0).public_jti is None


def test_a_change_to_another_revision_is_refused(conn: Connection) -> None:
    stream = a_stream(conn)
    attempts: list[Callable[[], object]] = [
        lambda: streams.update(conn, DEFAULT_TENANT, stream.id, Changes(name="b"), 2, 12.0),
        lambda: streams.delete(conn, DEFAULT_TENANT, stream.id, 2),
    ]
    for attempt in attempts:
        with problem("revision_mismatch"):
            attempt()
    assert streams.get(conn, DEFAULT_TENANT, stream.id) == stream


def test_the_old_key_ends_with_the_rotation(conn: Connection) -> None:
    stream = a_stream(conn)
    rotated = streams.rotate_key(conn, DEFAULT_TENANT, stream.id, "hash-new", 12.0)
    assert (rotated.key_hash, rotated.revision) == ("hash-new", 2)
    assert streams.by_key_hash(conn, "hash-a") is None
    assert streams.by_key_hash(conn, "hash-new") == rotated


def test_a_deleted_stream_leaves_its_broadcasts(conn: Connection) -> None:
    stream = a_stream(conn)
    a_broadcast(conn)
    assert streams.delete(conn, DEFAULT_TENANT, stream.id, 1) == stream
    assert streams.get(conn, DEFAULT_TENANT, stream.id) is None
    assert len(broadcasts.open_ones(conn)) == 1


def test_the_page_query_can_be_said_in_postgresql() -> None:
    class Recorder:
        said = ""

        def execute(self, statement: object) -> object:
            self.said = str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[attr-defined,no-untyped-call]  # SQLAlchemy's own
            raise EOFError

    recorder = Recorder()
    with pytest.raises(EOFError):
        streams.page(recorder, "tn", (1.0, "st"), 3)  # type: ignore[arg-type]  # it only writes down what is said
    assert "(streams.created_at, streams.id) <" in recorder.said
