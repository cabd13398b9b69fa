from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import broadcasts, streams
from origin.catalog.ids import DEFAULT_TENANT
from tests.origin.catalog.made import a_broadcast, a_stream

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_a_broadcast_is_open_until_it_ends(conn: Connection) -> None:
    one, two = a_broadcast(conn, "one"), a_broadcast(conn, "two")
    assert sorted(broadcasts.open_ones(conn), key=lambda row: row.id) == [one, two]
    assert broadcasts.end(conn, one.id, 1, 30.0)
    assert not broadcasts.end(conn, one.id, 1, 31.0)
    assert broadcasts.open_ones(conn) == [two]


def test_what_ended_is_collected_from_the_oldest_and_then_forgotten(conn: Connection) -> None:
    for number in range(4):
        a_broadcast(conn, str(number))
        if number < 3:
            broadcasts.end(conn, f"bc_{number}", 1, 30.0 + number)
    assert [row.id for row in broadcasts.ended_before(conn, 32.0, 10)] == ["bc_0", "bc_1"]
    assert [row.id for row in broadcasts.ended_before(conn, 99.0, 1)] == ["bc_0"]
    assert broadcasts.forget(conn, "bc_0", 1)
    assert not broadcasts.forget(conn, "bc_0", 1)
    assert not broadcasts.forget(conn, "bc_3", 1)
    assert [row.id for row in broadcasts.ended_before(conn, 99.0, 10)] == ["bc_1", "bc_2"]


def numbers(conn: Connection) -> tuple[int, int]:
    stream = streams.get(conn, DEFAULT_TENANT, "st_a")
    assert stream
    assert stream.revision == 1
    return stream.next_msn, stream.next_discontinuity


def test_numbers_only_rise(conn: Connection) -> None:
    a_stream(conn)
    a_broadcast(conn)
    assert broadcasts.advance(conn, "bc_one", "st_a", 1, 5, 1)
    assert numbers(conn) == (5, 1)
    assert broadcasts.advance(conn, "bc_one", "st_a", 1, 3, 2)
    assert numbers(conn) == (5, 2)
    assert broadcasts.advance(conn, "bc_one", "st_a", 1, 2**40, 0)
    assert numbers(conn) == (2**40, 2)


def test_numbers_are_noted_by_the_streams_own_broadcasts_only(conn: Connection) -> None:
    a_stream(conn)
    a_stream(conn, "b")
    a_broadcast(conn)
    assert not broadcasts.advance(conn, "bc_none", "st_a", 1, 5, 0)
    assert not broadcasts.advance(conn, "bc_one", "st_b", 1, 5, 0)
    assert numbers(conn) == (0, 0)


def test_a_writer_whose_broadcast_was_passed_on_changes_nothing(conn: Connection) -> None:
    a_stream(conn)
    a_broadcast(conn)
    assert broadcasts.pass_on(conn, "bc_one", 2)
    assert not broadcasts.pass_on(conn, "bc_one", 1)
    assert not broadcasts.is_open(conn, "bc_one", 1)
    assert not broadcasts.advance(conn, "bc_one", "st_a", 1, 5, 1)
    assert not broadcasts.note_relayed(conn, "bc_one", 1, relayed=False)
    assert not broadcasts.end(conn, "bc_one", 1, 30.0)
    assert broadcasts.end(conn, "bc_one", 2, 31.0)
    assert not broadcasts.is_over(conn, "bc_one", 1)
    assert not broadcasts.forget(conn, "bc_one", 1)
    (row,) = broadcasts.ended_before(conn, 99.0, 9)
    assert (row.epoch, row.ended_at, row.relayed) == (2, 31.0, True)
    assert numbers(conn) == (0, 0)
    assert broadcasts.is_over(conn, "bc_one", 2)
    assert broadcasts.forget(conn, "bc_one", 2)


def test_nothing_of_a_broadcast_changes_after_its_end(conn: Connection) -> None:
    a_stream(conn)
    a_broadcast(conn)
    assert not broadcasts.is_over(conn, "bc_one", 1)
    assert broadcasts.is_open(conn, "bc_one", 1)
    broadcasts.end(conn, "bc_one", 1, 30.0)
    assert not broadcasts.advance(conn, "bc_one", "st_a", 1, 5, 0)
    assert not broadcasts.note_relayed(conn, "bc_one", 1, relayed=False)
    assert not broadcasts.pass_on(conn, "bc_one", 2)
    assert not broadcasts.is_open(conn, "bc_one", 1)


def test_what_the_journal_knows_is_noted(conn: Connection) -> None:
    a_broadcast(conn)
    for relayed in (False, True):
        assert broadcasts.note_relayed(conn, "bc_one", 1, relayed=relayed)
        assert [row.relayed for row in broadcasts.open_ones(conn)] == [relayed]


def test_the_newest_of_a_streams_open_broadcasts_is_found_and_the_others_are_ended(conn: Connection) -> None:
    assert broadcasts.open_one(conn, "st_a") is None
    for number, epoch in enumerate((1, 3, 2)):
        a_broadcast(conn, str(number), epoch=epoch)
    newest = broadcasts.open_one(conn, "st_a")
    assert newest
    assert (newest.id, newest.epoch) == ("bc_1", 3)
    assert broadcasts.end_others(conn, "st_b", "bc_1", 30.0) == 0
    assert broadcasts.end_others(conn, "st_a", "bc_1", 30.0) == 2
    assert broadcasts.open_ones(conn) == [newest]
