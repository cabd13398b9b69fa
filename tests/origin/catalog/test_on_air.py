from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from origin.catalog import broadcasts, leases, on_air, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.on_air import BLOCK, DISCONTINUITIES, Writer
from tests.origin.catalog.made import ON_SQLITE, a_broadcast, a_stream

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.streams import Stream

TTL_S = 15.0


def begin(conn: Connection, stream: Stream, name: str = "one", owner: str = "node-a", now: float = 20.0) -> Writer:
    writer = on_air.begin(conn, stream, f"bc_{name}", owner, now=now, ttl_s=TTL_S)
    assert writer is not None
    return writer


def numbers(conn: Connection) -> tuple[int, int]:
    stream = streams.get(conn, DEFAULT_TENANT, "st_a")
    assert stream is not None
    return stream.next_msn, stream.next_discontinuity


def open_ones(conn: Connection) -> list[str]:
    return sorted(row.id for row in broadcasts.open_ones(conn))


def test_a_first_broadcast_begins_with_nought_under_the_first_epoch(conn: Connection) -> None:
    writer = begin(conn, a_stream(conn))
    assert (writer.broadcast_id, writer.next_msn, writer.next_discontinuity) == ("bc_one", 0, 0)
    assert (writer.lease.owner, writer.lease.epoch, writer.lease.expires_at) == ("node-a", 1, 20.0 + TTL_S)
    (row,) = broadcasts.open_ones(conn)
    assert (row.id, row.stream_id, row.tenant_id, row.epoch) == ("bc_one", "st_a", DEFAULT_TENANT, 1)
    assert (row.first_msn, row.started_at, row.ended_at) == (0, 20.0, None)


def test_nobody_else_begins_while_the_lease_is_held(conn: Connection) -> None:
    stream = a_stream(conn)
    begin(conn, stream)
    assert on_air.begin(conn, stream, "bc_two", "node-b", now=20.0 + TTL_S - 0.1, ttl_s=TTL_S) is None
    assert open_ones(conn) == ["bc_one"]


def test_streams_are_on_the_air_side_by_side(conn: Connection) -> None:
    begin(conn, a_stream(conn, "a"), "one", "node-a")
    begin(conn, a_stream(conn, "b"), "two", "node-b")
    assert open_ones(conn) == ["bc_one", "bc_two"]


def test_the_next_broadcast_begins_above_all_that_the_last_one_used(conn: Connection) -> None:
    stream = a_stream(conn)
    on_air.finish(conn, replace(begin(conn, stream), next_msn=7, next_discontinuity=2), 30.0)
    assert open_ones(conn) == []
    assert [row.ended_at for row in broadcasts.ended_before(conn, 99.0, 9)] == [30.0]
    writer = begin(conn, stream, "two", "node-b", now=30.0)  # `stream` is as it was before the first broadcast
    assert (writer.lease.epoch, writer.next_msn, writer.next_discontinuity) == (2, 7 + BLOCK, 2 + DISCONTINUITIES)
    assert [row.first_msn for row in broadcasts.open_ones(conn)] == [7 + BLOCK]


def test_who_lost_the_lease_can_neither_raise_the_numbers_nor_take_it_back(conn: Connection) -> None:
    stream = a_stream(conn)
    late = begin(conn, stream)
    begin(conn, stream, "two", "node-b", now=20.0 + TTL_S)
    on_air.finish(conn, replace(late, next_msn=1000, next_discontinuity=9), 40.0)
    assert numbers(conn) == (2 * BLOCK, 2 * DISCONTINUITIES)
    assert open_ones(conn) == ["bc_two"]
    lease = leases.get(conn, "stream:st_a")
    assert lease is not None
    assert (lease.owner, lease.epoch, lease.expires_at) == ("node-b", 2, 20.0 + 2 * TTL_S)


def test_an_old_broadcast_that_ends_once_more_leaves_the_owners_next_one_its_lease(conn: Connection) -> None:
    stream = a_stream(conn)
    old = begin(conn, stream)
    assert on_air.finish(conn, old, 21.0)
    begin(conn, stream, "two", now=22.0)
    assert not on_air.finish(conn, old, 23.0)
    assert not on_air.lay_down(conn, old, 23.0)
    assert on_air.held(conn, "st_a", 23.0)
    assert open_ones(conn) == ["bc_two"]


def test_a_stream_that_was_deleted_meanwhile_may_finish(conn: Connection) -> None:
    stream = a_stream(conn)
    streams.delete(conn, DEFAULT_TENANT, stream.id, None)
    writer = begin(conn, stream)
    on_air.finish(conn, writer, 30.0)
    assert open_ones(conn) == []


def test_holding_renews_leases_and_keeps_numbers_ahead_and_tells_what_is_lost(conn: Connection) -> None:
    kept = begin(conn, a_stream(conn, "a"), "one")
    lost = begin(conn, a_stream(conn, "b"), "two")
    leases.acquire(conn, lost.lease.resource, "node-b", 20.0 + TTL_S, TTL_S)
    assert on_air.hold(conn, [replace(kept, next_msn=100, next_discontinuity=3), lost], 36.0, TTL_S) == {"bc_two"}
    assert numbers(conn) == (100 + BLOCK, 3 + DISCONTINUITIES)
    lease = leases.get(conn, kept.lease.resource)
    assert lease is not None
    assert lease.expires_at == 36.0 + TTL_S  # it had run out at 35, and nobody had taken it


def test_a_successor_goes_on_with_the_open_broadcast(conn: Connection) -> None:
    stream = a_stream(conn)
    begin(conn, stream)
    assert on_air.resume(conn, stream, "node-b", now=21.0, ttl_s=TTL_S) is None, "the lease is held"
    writer = on_air.resume(conn, stream, "node-b", now=20.0 + TTL_S, ttl_s=TTL_S)
    assert writer is not None
    assert (writer.broadcast_id, writer.lease.epoch, writer.next_msn) == ("bc_one", 2, BLOCK)
    (row,) = broadcasts.open_ones(conn)
    assert row.epoch == 2


def test_there_is_nothing_to_go_on_with_after_the_end(conn: Connection) -> None:
    stream = a_stream(conn)
    on_air.finish(conn, begin(conn, stream), 21.0)
    assert on_air.resume(conn, stream, "node-b", now=22.0, ttl_s=TTL_S) is None
    assert begin(conn, stream, "two", "node-b", now=22.0).lease.epoch == 2


def test_what_was_laid_down_can_be_taken_up_at_once(conn: Connection) -> None:
    stream = a_stream(conn)
    on_air.lay_down(conn, replace(begin(conn, stream), next_msn=50), 21.0)
    writer = on_air.resume(conn, stream, "node-b", now=21.0, ttl_s=TTL_S)
    assert writer is not None
    assert (writer.lease.epoch, writer.next_msn) == (2, 50 + BLOCK)


@ON_SQLITE
def test_leases_of_a_process_that_is_gone_are_given_back(conn: Connection) -> None:
    begin(conn, a_stream(conn, "a"), "one")
    begin(conn, a_stream(conn, "b"), "two")
    streams.delete(conn, DEFAULT_TENANT, "st_b", None)
    a_broadcast(conn, "again", epoch=2)
    assert {row.id for row in on_air.release_all(conn, 21.0)} == {"bc_one", "bc_two", "bc_again"}
    stream = streams.get(conn, DEFAULT_TENANT, "st_a")
    assert stream is not None
    assert on_air.resume(conn, stream, "node-b", now=21.0, ttl_s=TTL_S) is not None


def test_a_broadcast_nobody_takes_up_is_an_orphan_when_the_reconnect_window_is_over(conn: Connection) -> None:
    stream = a_stream(conn)
    begin(conn, stream)
    over = 20.0 + TTL_S + stream.reconnect_window_s
    assert on_air.orphans(conn, over - 0.1, 9) == []
    (orphan,) = on_air.orphans(conn, over, 9)
    assert (orphan.broadcast_id, orphan.stream_id, orphan.left_at) == ("bc_one", stream.id, 20.0 + TTL_S)
    assert on_air.resume(conn, stream, "node-b", now=over, ttl_s=TTL_S) is not None
    assert on_air.orphans(conn, over, 9) == []


def test_an_orphan_whose_stream_is_gone_is_one_at_once(conn: Connection) -> None:
    begin(conn, a_stream(conn))
    streams.delete(conn, DEFAULT_TENANT, "st_a", None)
    assert [each.broadcast_id for each in on_air.orphans(conn, 20.0 + TTL_S, 9)] == ["bc_one"]


def test_only_the_writer_says_what_the_journal_knows(conn: Connection) -> None:
    stream = a_stream(conn)
    writer = begin(conn, stream)
    assert on_air.note_relayed(conn, writer, 21.0, relayed=False)
    assert not on_air.note_relayed(conn, writer, 20.0 + TTL_S, relayed=True)
    successor = on_air.resume(conn, stream, "node-b", now=20.0 + TTL_S, ttl_s=TTL_S)
    assert successor is not None
    assert not successor.relayed
    assert not on_air.note_relayed(conn, writer, 21.0, relayed=True)
    assert on_air.note_relayed(conn, successor, 21.0 + TTL_S, relayed=True)


def test_viewers_get_what_is_open_or_has_just_ended(conn: Connection) -> None:
    writer = begin(conn, a_stream(conn))
    watched = on_air.watched(conn, "pb_a", 20.0, 10.0)
    assert watched is not None
    assert watched.id == writer.broadcast_id
    assert on_air.held(conn, "st_a", 20.0)
    on_air.finish(conn, writer, 30.0)
    assert not on_air.held(conn, "st_a", 30.0)
    assert on_air.watched(conn, "pb_a", 39.0, 10.0) is not None
    assert on_air.watched(conn, "pb_a", 40.0, 10.0) is None
    assert on_air.watched(conn, "pb_other", 0.0, 10.0) is None


@ON_SQLITE  # where the caller's clock is the one
def test_any_node_sees_whether_a_broadcast_is_written_left_or_over(conn: Connection) -> None:
    stream = a_stream(conn)
    a_stream(conn, "b")
    writer = begin(conn, stream)
    asked = ["st_a", "st_b", "st_none"]
    (sight,) = on_air.sights(conn, asked, 21.0, 30.0).values()
    assert (sight.stream_id, sight.broadcast_id, sight.started_at, sight.held) == ("st_a", "bc_one", 20.0, True)
    assert not on_air.sights(conn, asked, 20.0 + TTL_S, 30.0)["st_a"].held
    on_air.finish(conn, writer, 25.0)
    sight = on_air.sights(conn, asked, 54.0, 30.0)["st_a"]
    assert (sight.ended_at, sight.held) == (25.0, False)
    assert on_air.sights(conn, asked, 55.0, 30.0) == {}
    begin(conn, stream, "two", "node-b", now=30.0)
    assert on_air.sights(conn, asked, 31.0, 30.0)["st_a"].broadcast_id == "bc_two"
    assert on_air.sights(conn, [], 31.0, 30.0) == {}
