from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from origin.catalog import broadcasts, leases, on_air, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.on_air import BLOCK, DISCONTINUITIES, Orphan, Writer
from tests.origin.catalog.made import POSTGRESQL, SQLITE, a_broadcast, a_stream, at

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.streams import Stream

TTL_S = 15.0


def begin(conn: Connection, stream: Stream, name: str = "one", owner: str = "node-a", now: float = 20.0) -> Writer:
    writer = on_air.begin(conn, stream, f"bc_{name}", owner, now=at(conn, now), ttl_s=TTL_S)
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
    assert on_air.begin(conn, stream, "bc_two", "node-b", now=at(conn, 20.0 + TTL_S - 0.1), ttl_s=TTL_S) is None
    assert open_ones(conn) == ["bc_one"]


def test_streams_are_on_the_air_side_by_side(conn: Connection) -> None:
    begin(conn, a_stream(conn, "a"), "one", "node-a")
    begin(conn, a_stream(conn, "b"), "two", "node-b")
    assert open_ones(conn) == ["bc_one", "bc_two"]


def test_the_next_broadcast_begins_above_all_that_the_last_one_used(conn: Connection) -> None:
    stream = a_stream(conn)
    on_air.finish(conn, replace(begin(conn, stream), next_msn=7, next_discontinuity=2), at(conn, 30.0))
    assert open_ones(conn) == []
    assert [row.ended_at for row in broadcasts.ended_before(conn, 99.0, 9)] == [30.0]
    writer = begin(conn, stream, "two", "node-b", now=30.0)  # `stream` is as it was before the first broadcast
    assert (writer.lease.epoch, writer.next_msn, writer.next_discontinuity) == (2, 7 + BLOCK, 2 + DISCONTINUITIES)
    assert [row.first_msn for row in broadcasts.open_ones(conn)] == [7 + BLOCK]


def test_who_lost_the_lease_can_neither_raise_the_numbers_nor_take_it_back(conn: Connection) -> None:
    stream = a_stream(conn)
    late = begin(conn, stream)
    begin(conn, stream, "two", "node-b", now=20.0 + TTL_S)
    on_air.finish(conn, replace(late, next_msn=1000, next_discontinuity=9), at(conn, 40.0))
    assert numbers(conn) == (2 * BLOCK, 2 * DISCONTINUITIES)
    assert open_ones(conn) == ["bc_two"]
    lease = leases.get(conn, "stream:st_a")
    assert lease is not None
    assert (lease.owner, lease.epoch, lease.expires_at) == ("node-b", 2, 20.0 + 2 * TTL_S)


def test_a_stream_that_was_deleted_meanwhile_may_finish(conn: Connection) -> None:
    stream = a_stream(conn)
    streams.delete(conn, DEFAULT_TENANT, stream.id, None)
    writer = begin(conn, stream)
    on_air.finish(conn, writer, at(conn, 30.0))
    assert open_ones(conn) == []


def test_holding_renews_leases_and_keeps_numbers_ahead_and_tells_what_is_lost(conn: Connection) -> None:
    kept = begin(conn, a_stream(conn, "a"), "one")
    lost = begin(conn, a_stream(conn, "b"), "two")
    leases.acquire(conn, lost.lease.resource, "node-b", at(conn, 20.0 + TTL_S), TTL_S)
    assert on_air.hold(conn, [replace(kept, next_msn=100, next_discontinuity=3), lost], at(conn, 36.0), TTL_S) == {
        "bc_two"
    }
    assert numbers(conn) == (100 + BLOCK, 3 + DISCONTINUITIES)
    lease = leases.get(conn, kept.lease.resource)
    assert lease is not None
    assert lease.expires_at == 36.0 + TTL_S  # it had run out at 35, and nobody had taken it


def test_what_a_crash_left_open_is_ended_and_its_numbers_are_passed_over(conn: Connection) -> None:
    stream = a_stream(conn)
    begin(conn, stream)
    assert on_air.abandon_all(conn, at(conn, 20.0 + TTL_S)) == 1
    assert open_ones(conn) == []
    again = begin(conn, stream, "two", "node-b", now=20.0 + TTL_S)  # at once: nobody waits for the lease
    assert (again.lease.epoch, again.next_msn, again.next_discontinuity) == (3, BLOCK, DISCONTINUITIES)


@SQLITE
def test_the_only_server_of_a_file_waits_for_no_lease(conn: Connection) -> None:
    stream = a_stream(conn)
    begin(conn, stream)
    assert on_air.abandon_all(conn, 21.0) == 1
    assert begin(conn, stream, "two", "node-b", now=21.0).lease.epoch == 3


@POSTGRESQL
def test_what_another_node_has_on_the_air_is_left_alone(conn: Connection) -> None:
    begin(conn, a_stream(conn))
    assert on_air.abandon_all(conn, at(conn, 20.0 + TTL_S - 0.1)) == 0
    assert open_ones(conn) == ["bc_one"]


def test_each_of_several_is_ended_whatever_else_is_gone(conn: Connection) -> None:
    begin(conn, a_stream(conn, "a"), "one")
    begin(conn, a_stream(conn, "b"), "two")
    streams.delete(conn, DEFAULT_TENANT, "st_b", None)
    a_broadcast(conn, "again", epoch=2)
    assert on_air.abandon_all(conn, at(conn, 99.0)) == 3
    assert open_ones(conn) == []
    assert on_air.abandon_all(conn, at(conn, 99.0)) == 0


def test_a_broadcast_without_a_lease_is_ended(conn: Connection) -> None:
    a_stream(conn)
    a_broadcast(conn)
    assert on_air.abandon_all(conn, at(conn, 99.0)) == 1
    assert open_ones(conn) == []


def resume(conn: Connection, stream: Stream, owner: str, now: float) -> Writer | None:
    return on_air.resume(conn, stream, owner, now=at(conn, now), ttl_s=TTL_S)


def test_a_successor_goes_on_with_the_open_broadcast_under_the_next_epoch(conn: Connection) -> None:
    stream = a_stream(conn)
    first = begin(conn, stream)
    assert not first.resumed
    assert resume(conn, stream, "node-b", 20.0 + TTL_S - 0.1) is None
    writer = resume(conn, stream, "node-b", 20.0 + TTL_S)
    assert writer is not None
    assert (writer.broadcast_id, writer.lease.epoch, writer.resumed, writer.relayed) == ("bc_one", 2, True, True)
    assert (writer.next_msn, writer.next_discontinuity) == (BLOCK, DISCONTINUITIES)
    assert numbers(conn) == (2 * BLOCK, 2 * DISCONTINUITIES)
    assert [(row.id, row.epoch) for row in broadcasts.open_ones(conn)] == [("bc_one", 2)]


def test_a_writer_whose_broadcast_goes_on_elsewhere_changes_nothing(conn: Connection) -> None:
    stream = a_stream(conn)
    late = replace(begin(conn, stream), next_msn=1000, next_discontinuity=9)
    assert resume(conn, stream, "node-b", 40.0)
    before = numbers(conn), broadcasts.open_ones(conn), leases.get(conn, late.lease.resource)
    assert on_air.hold(conn, [late], at(conn, 41.0), TTL_S) == {"bc_one"}
    assert not on_air.finish(conn, late, 41.0)
    assert not on_air.lay_down(conn, late, 41.0)
    assert not on_air.mark_unrelayed(conn, late)
    assert not on_air.mark_relayed(conn, late)
    assert not broadcasts.forget(conn, late.broadcast_id, late.lease.epoch)
    assert (numbers(conn), broadcasts.open_ones(conn), leases.get(conn, late.lease.resource)) == before


def test_there_is_nothing_to_go_on_with_after_the_end(conn: Connection) -> None:
    stream = a_stream(conn)
    assert on_air.finish(conn, begin(conn, stream), at(conn, 21.0))
    assert resume(conn, stream, "node-b", 22.0) is None
    lease = leases.get(conn, "stream:st_a")
    assert lease is not None
    assert (lease.owner, lease.epoch) == ("node-a", 1), "what is not there to be written is not taken"


def test_an_owner_that_wakes_up_again_keeps_its_epoch_if_nobody_came(conn: Connection) -> None:
    stream = a_stream(conn)
    begin(conn, stream)
    writer = resume(conn, stream, "node-a", 500.0)
    assert writer is not None
    assert (writer.broadcast_id, writer.lease.epoch, writer.resumed) == ("bc_one", 1, True)


def test_who_begins_ends_what_was_left_open_before(conn: Connection) -> None:
    stream = a_stream(conn)
    old = begin(conn, stream)
    begin(conn, stream, "two", "node-a", now=21.0)
    assert open_ones(conn) == ["bc_two"]
    assert on_air.hold(conn, [old], 22.0, TTL_S) == {"bc_one"}, "under the same epoch, and yet it is over"
    assert not on_air.finish(conn, old, 22.0)
    assert on_air.held(conn, "st_a", 22.0), "an old broadcast's end does not release the new one's lease"


def test_what_was_laid_down_can_be_taken_up_at_once(conn: Connection) -> None:
    stream = a_stream(conn)
    writer = begin(conn, stream)
    assert on_air.held(conn, "st_a", at(conn, 21.0))
    assert on_air.lay_down(conn, replace(writer, next_msn=50), at(conn, 21.0))
    assert not on_air.held(conn, "st_a", 21.0)
    successor = resume(conn, stream, "node-b", 21.0)
    assert successor is not None
    assert (successor.lease.epoch, successor.next_msn) == (2, 50 + BLOCK)


def test_what_was_laid_down_before_may_be_laid_down_once_more(conn: Connection) -> None:
    """Found by `test_lease_machine`: the second time said that the lease was lost, but raised the numbers."""
    writer = begin(conn, a_stream(conn))
    assert on_air.lay_down(conn, writer, at(conn, 21.0))
    assert on_air.lay_down(conn, replace(writer, next_msn=50), at(conn, 22.0))
    assert numbers(conn)[0] == 50 + BLOCK
    lease = leases.get(conn, writer.lease.resource)
    assert lease is not None
    assert lease.expires_at == 21.0
    assert on_air.finish(conn, writer, at(conn, 23.0))
    assert not on_air.lay_down(conn, replace(writer, next_msn=99), at(conn, 24.0))
    assert numbers(conn)[0] == 50 + BLOCK


def test_a_successor_is_told_whether_the_journal_knows_everything(conn: Connection) -> None:
    stream = a_stream(conn)
    first = begin(conn, stream)
    assert on_air.mark_unrelayed(conn, first)
    second = resume(conn, stream, "node-b", 40.0)
    assert second is not None
    assert not second.relayed
    assert on_air.mark_relayed(conn, second)
    third = resume(conn, stream, "node-c", 60.0)
    assert third is not None
    assert third.relayed


def test_what_nobody_writes_is_an_orphan_from_the_end_of_its_lease(conn: Connection) -> None:
    for name, window_s in (("a", 60.0), ("b", 5.0)):
        stream = a_stream(conn, name)
        streams.update(conn, DEFAULT_TENANT, stream.id, streams.Changes(reconnect_window_s=window_s), None, 10.0)
        begin(conn, stream, name)
    assert on_air.orphans(conn, at(conn, 20.0 + TTL_S - 0.1), 9) == []
    first, second = on_air.orphans(conn, at(conn, 20.0 + TTL_S + 5), 9)
    assert first == Orphan("bc_b", "st_b", DEFAULT_TENANT, 20.0 + TTL_S, 5.0, 5.0)
    assert second == Orphan("bc_a", "st_a", DEFAULT_TENANT, 20.0 + TTL_S, 5.0, 60.0)
    assert (first.overdue, second.overdue) == (True, False)
    assert on_air.orphans(conn, 20.0 + TTL_S + 5, 1) == [first]


def test_what_was_laid_down_is_an_orphan_and_what_is_resumed_or_ended_is_none(conn: Connection) -> None:
    stream = a_stream(conn)
    on_air.lay_down(conn, begin(conn, stream), at(conn, 21.0))
    streams.delete(conn, DEFAULT_TENANT, stream.id, None)
    assert on_air.orphans(conn, at(conn, 22.0), 9) == [Orphan("bc_one", "st_a", DEFAULT_TENANT, 21.0, 1.0, 0.0)]
    writer = resume(conn, stream, "node-b", 22.0)
    assert writer is not None
    assert on_air.orphans(conn, at(conn, 23.0), 9) == []
    on_air.finish(conn, writer, at(conn, 24.0))
    assert on_air.orphans(conn, at(conn, 99.0), 9) == []


def test_a_broadcast_without_a_lease_is_an_orphan_since_its_start(conn: Connection) -> None:
    a_broadcast(conn, now=20.0)
    assert [orphan.left_at for orphan in on_air.orphans(conn, at(conn, 30.0), 9)] == [20.0]
