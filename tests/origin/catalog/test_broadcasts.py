from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import broadcasts, leases, streams
from origin.catalog.broadcasts import Bulletin
from origin.catalog.ids import DEFAULT_TENANT
from tests.origin.catalog.made import a_broadcast, a_stream

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_a_broadcast_is_open_until_it_ends(conn: Connection) -> None:
    one, two = a_broadcast(conn, "one"), a_broadcast(conn, "two")
    assert sorted(broadcasts.open_ones(conn), key=lambda row: row.id) == [one, two]
    assert broadcasts.end(conn, one.id, 30.0)
    assert not broadcasts.end(conn, one.id, 31.0)
    assert broadcasts.open_ones(conn) == [two]


def test_what_ended_is_collected_from_the_oldest_and_then_forgotten(conn: Connection) -> None:
    for number in range(4):
        a_broadcast(conn, str(number))
        if number < 3:
            broadcasts.end(conn, f"bc_{number}", 30.0 + number)
    assert [row.id for row in broadcasts.ended_before(conn, 32.0, 10)] == ["bc_0", "bc_1"]
    assert [row.id for row in broadcasts.ended_before(conn, 99.0, 1)] == ["bc_0"]
    assert broadcasts.is_over(conn, "bc_0")
    assert not broadcasts.is_over(conn, "bc_3")
    assert broadcasts.forget(conn, "bc_0")
    assert not broadcasts.is_over(conn, "bc_0")
    assert not broadcasts.forget(conn, "bc_0")
    assert not broadcasts.forget(conn, "bc_3")
    assert [row.id for row in broadcasts.ended_before(conn, 99.0, 10)] == ["bc_1", "bc_2"]


def numbers(conn: Connection) -> tuple[int, int]:
    stream = streams.get(conn, DEFAULT_TENANT, "st_a")
    assert stream
    assert stream.revision == 1
    return stream.next_msn, stream.next_discontinuity


def raised(  # the numbers, by the writer of `epoch`
    conn: Connection, broadcast_id: str, msn: int, discontinuity: int, *, stream_id: str = "st_a", epoch: int = 1
) -> bool:
    return broadcasts.advance(
        conn, broadcast_id, stream_id, epoch=epoch, next_msn=msn, next_discontinuity=discontinuity
    )


def test_numbers_only_rise(conn: Connection) -> None:
    a_stream(conn)
    a_broadcast(conn)
    assert raised(conn, "bc_one", 5, 1)
    assert numbers(conn) == (5, 1)
    assert raised(conn, "bc_one", 3, 2)
    assert numbers(conn) == (5, 2)
    assert raised(conn, "bc_one", 2**40, 0)
    assert numbers(conn) == (2**40, 2)


def test_numbers_are_still_noted_after_the_end_but_not_by_one_who_lost_the_lease(conn: Connection) -> None:
    a_stream(conn)
    a_broadcast(conn, "one", epoch=1)
    broadcasts.end(conn, "bc_one", 30.0)
    assert raised(conn, "bc_one", 5, 0)
    a_broadcast(conn, "two", epoch=2)
    assert not raised(conn, "bc_one", 100, 0)
    assert raised(conn, "bc_two", 6, 0, epoch=2)
    assert numbers(conn) == (6, 0)


def test_numbers_are_noted_by_the_streams_own_broadcasts_only(conn: Connection) -> None:
    a_stream(conn)
    a_stream(conn, "b")
    a_broadcast(conn)
    assert not raised(conn, "bc_none", 5, 0)
    assert not raised(conn, "bc_one", 5, 0, stream_id="st_b")


def test_a_writer_whose_broadcast_another_goes_on_with_changes_nothing(conn: Connection) -> None:
    a_stream(conn)
    a_broadcast(conn, epoch=1)
    assert broadcasts.pass_on(conn, "bc_one", 2)
    assert not broadcasts.pass_on(conn, "bc_one", 1)
    assert not raised(conn, "bc_one", 5, 1)
    assert not broadcasts.note_relayed(conn, "bc_one", 1, relayed=False)
    assert not broadcasts.end(conn, "bc_one", 30.0, epoch=1)
    assert numbers(conn) == (0, 0)
    assert raised(conn, "bc_one", 5, 1, epoch=2)
    assert broadcasts.end(conn, "bc_one", 30.0, epoch=2)


def test_only_what_nobody_writes_is_ended_without_an_epoch(conn: Connection) -> None:
    a_broadcast(conn)
    leases.acquire(conn, broadcasts.lease_of("st_a"), "node-a", 20.0, 15.0)
    assert not broadcasts.end(conn, "bc_one", 34.9)
    assert broadcasts.end(conn, "bc_one", 35.0)


def test_all_that_a_stream_left_open_is_ended_together(conn: Connection) -> None:
    a_broadcast(conn, "one")
    a_broadcast(conn, "two", epoch=2)
    assert broadcasts.end_all(conn, "st_b", 30.0) == 0
    assert broadcasts.end_all(conn, "st_a", 30.0) == 2
    assert broadcasts.end_all(conn, "st_a", 31.0) == 0
    assert [row.ended_at for row in broadcasts.ended_before(conn, 99.0, 9)] == [30.0, 30.0]


def bulletin_after(conn: Connection, epoch: int, text: str) -> str | None:
    """What stands in the row when the writer of `epoch` has posted this."""
    broadcasts.post_bulletins(conn, [Bulletin("bc_none", 1, "?"), Bulletin("bc_one", epoch, text)])
    row = broadcasts.newest(conn, "st_a", 0.0)
    return row.bulletin if row else None


def test_a_bulletin_is_the_present_writers(conn: Connection) -> None:
    a_broadcast(conn)
    assert bulletin_after(conn, 1, "live") == "live"
    assert broadcasts.pass_on(conn, "bc_one", 2)
    assert bulletin_after(conn, 1, "the old one wakes up") is None
    assert bulletin_after(conn, 2, "live again") == "live again"
    assert broadcasts.end(conn, "bc_one", 30.0, epoch=2)
    assert bulletin_after(conn, 2, "late") == "live again"
