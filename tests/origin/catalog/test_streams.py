from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from origin.catalog import broadcasts, streams, tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.streams import Changes, NewStream
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from origin.catalog.streams import Stream


def make(conn: Connection, name: str = "a", now: float = 10.0, tenant_id: str = DEFAULT_TENANT) -> Stream:
    return streams.create(conn, NewStream(f"st_{name}", tenant_id, name, f"hash-{name}", f"pb_{name}"), now)


def problem(code: str) -> pytest.RaisesExc[Problem]:
    return pytest.RaisesExc(Problem, check=lambda error: error.code == code)


def test_a_stream_is_found_by_each_of_its_names(conn: Connection) -> None:
    stream = make(conn)
    assert (stream.revision, stream.created_at, stream.next_msn, stream.next_discontinuity) == (1, 10.0, 0, 0)
    assert streams.get(conn, DEFAULT_TENANT, "st_a") == stream
    assert streams.by_playback_id(conn, "pb_a") == stream
    assert streams.by_key_hash(conn, "hash-a") == stream


def test_no_name_stands_for_another(conn: Connection) -> None:
    make(conn)
    assert streams.get(conn, DEFAULT_TENANT, "pb_a") is None
    assert streams.by_playback_id(conn, "st_a") is None
    assert streams.by_key_hash(conn, "pb_a") is None


@pytest.mark.parametrize("same", ["id", "key_hash", "playback_id"])
def test_names_are_unique(conn: Connection, same: str) -> None:
    stream = make(conn)
    twin = replace(NewStream("st_b", DEFAULT_TENANT, "b", "hash-b", "pb_b"), **{same: getattr(stream, same)})
    with pytest.raises(IntegrityError):
        streams.create(conn, twin, 11.0)


def test_a_tenant_sees_its_own_streams_only(conn: Connection) -> None:
    tenants.create(conn, tenants.Tenant("tn_b", "B", 1.0))
    make(conn)
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
    made = [make(conn, f"{number:02}", now=float(number // 3)) for number in range(10)]
    after, seen = None, []
    while page := streams.page(conn, DEFAULT_TENANT, after, 3):
        seen += page
        after = page[-1].created_at, page[-1].id
        if len(seen) == 3:  # what comes or goes elsewhere between two pages changes nothing
            make(conn, "newcomer", now=99.0)
            streams.delete(conn, DEFAULT_TENANT, seen[0].id, None)
    assert seen == sorted(made, key=lambda stream: (stream.created_at, stream.id), reverse=True)


def test_a_change_raises_the_revision(conn: Connection) -> None:
    stream = make(conn)
    changes = Changes(name="b", latency="standard", dvr_window_s=5.0, public_jti="jti")
    changed = streams.update(conn, DEFAULT_TENANT, stream.id, changes, 1, 12.0)
    assert changed == replace(
        stream, name="b", latency="standard", dvr_window_s=5.0, public_jti="jti", revision=2, updated_at=12.0
    )
    assert streams.get(conn, DEFAULT_TENANT, stream.id) == changed


def test_none_is_a_value_where_it_may_be_one(conn: Connection) -> None:
    stream = make(conn)
    streams.update(conn, DEFAULT_TENANT, stream.id, Changes(public_jti="jti"), None, 12.0)
    assert streams.update(conn, DEFAULT_TENANT, stream.id, Changes(name="x"), None, 12.0).public_jti == "jti"
    assert streams.update(conn, DEFAULT_TENANT, stream.id, Changes(public_jti=None), None, 12.0).public_jti is None


def test_a_change_to_another_revision_is_refused(conn: Connection) -> None:
    stream = make(conn)
    attempts: list[Callable[[], object]] = [
        lambda: streams.update(conn, DEFAULT_TENANT, stream.id, Changes(name="b"), 2, 12.0),
        lambda: streams.delete(conn, DEFAULT_TENANT, stream.id, 2),
    ]
    for attempt in attempts:
        with problem("revision_mismatch"):
            attempt()
    assert streams.get(conn, DEFAULT_TENANT, stream.id) == stream


def test_the_old_key_ends_with_the_rotation(conn: Connection) -> None:
    stream = make(conn)
    rotated = streams.rotate_key(conn, DEFAULT_TENANT, stream.id, "hash-new", 12.0)
    assert (rotated.key_hash, rotated.revision) == ("hash-new", 2)
    assert streams.by_key_hash(conn, "hash-a") is None
    assert streams.by_key_hash(conn, "hash-new") == rotated


def test_a_deleted_stream_leaves_its_broadcasts(conn: Connection) -> None:
    stream = make(conn)
    start(conn)
    assert streams.delete(conn, DEFAULT_TENANT, stream.id, 1) == stream
    assert streams.get(conn, DEFAULT_TENANT, stream.id) is None
    assert len(broadcasts.open_ones(conn)) == 1


def start(conn: Connection, name: str = "one", epoch: int = 1, now: float = 20.0) -> broadcasts.Broadcast:
    return broadcasts.start(
        conn, id=f"bc_{name}", tenant_id=DEFAULT_TENANT, stream_id="st_a", epoch=epoch, first_msn=0, now=now
    )


def test_a_broadcast_is_open_until_it_ends(conn: Connection) -> None:
    one, two = start(conn, "one"), start(conn, "two")
    assert sorted(broadcasts.open_ones(conn), key=lambda row: row.id) == [one, two]
    assert broadcasts.end(conn, one.id, 30.0)
    assert not broadcasts.end(conn, one.id, 31.0)
    assert broadcasts.open_ones(conn) == [two]


def test_what_ended_is_collected_from_the_oldest_and_then_forgotten(conn: Connection) -> None:
    for number in range(4):
        start(conn, str(number))
        if number < 3:
            broadcasts.end(conn, f"bc_{number}", 30.0 + number)
    assert [row.id for row in broadcasts.ended_before(conn, 32.0, 10)] == ["bc_0", "bc_1"]
    assert [row.id for row in broadcasts.ended_before(conn, 99.0, 1)] == ["bc_0"]
    assert broadcasts.forget(conn, "bc_0")
    assert not broadcasts.forget(conn, "bc_0")
    assert not broadcasts.forget(conn, "bc_3")
    assert [row.id for row in broadcasts.ended_before(conn, 99.0, 10)] == ["bc_1", "bc_2"]


def numbers(conn: Connection) -> tuple[int, int]:
    stream = streams.get(conn, DEFAULT_TENANT, "st_a")
    assert stream
    assert stream.revision == 1
    return stream.next_msn, stream.next_discontinuity


def test_numbers_only_rise(conn: Connection) -> None:
    make(conn)
    start(conn)
    assert broadcasts.advance(conn, "bc_one", "st_a", 5, 1)
    assert numbers(conn) == (5, 1)
    assert broadcasts.advance(conn, "bc_one", "st_a", 3, 2)
    assert numbers(conn) == (5, 2)
    assert broadcasts.advance(conn, "bc_one", "st_a", 2**40, 0)
    assert numbers(conn) == (2**40, 2)


def test_numbers_are_still_noted_after_the_end_but_not_by_one_who_lost_the_lease(conn: Connection) -> None:
    make(conn)
    start(conn, "one", epoch=1)
    broadcasts.end(conn, "bc_one", 30.0)
    assert broadcasts.advance(conn, "bc_one", "st_a", 5, 0)
    start(conn, "two", epoch=2)
    assert not broadcasts.advance(conn, "bc_one", "st_a", 100, 0)
    assert broadcasts.advance(conn, "bc_two", "st_a", 6, 0)
    assert numbers(conn) == (6, 0)


def test_numbers_are_noted_by_the_streams_own_broadcasts_only(conn: Connection) -> None:
    make(conn)
    make(conn, "b")
    start(conn)
    assert not broadcasts.advance(conn, "bc_none", "st_a", 5, 0)
    assert not broadcasts.advance(conn, "bc_one", "st_b", 5, 0)


def test_the_page_query_can_be_said_in_postgresql() -> None:
    class Recorder:
        said = ""

        def execute(self, statement: object) -> object:
            self.said = str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[attr-defined,no-untyped-call]  # untyped
            raise EOFError

    recorder = Recorder()
    with pytest.raises(EOFError):
        streams.page(recorder, "tn", (1.0, "st"), 3)  # type: ignore[arg-type]  # it records what a connection would run
    assert "(streams.created_at, streams.id) <" in recorder.said
