from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import assets, leases, making, on_air, recordings, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.making import WORK_S
from packager.inventory import Stored
from tests.origin.catalog.made import ON_SQLITE, a_row, a_stream

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.on_air import Writer

ASSET = assets.id_of("bc_one")


def a_writer(conn: Connection, owner: str = "no_one", now: float = 10.0) -> Writer:
    stream = a_stream(conn)
    stream = streams.update(conn, DEFAULT_TENANT, stream.id, streams.Changes(record=True), None, now)
    writer = on_air.begin(conn, stream, "bc_one", owner, now=now, ttl_s=15.0)
    assert writer
    assert writer.recorded
    return writer


def write(conn: Connection, writer: Writer, msn: int, now: float, *, over: bool = False) -> bool:
    return making.write_down(conn, writer, [a_row(msn)], [], now, over=over)


def written(conn: Connection) -> list[int]:
    return [row.msn for row in recordings.segments(conn, "bc_one", ("", -1), 99)]


def test_a_writer_writes_down_what_it_records(conn: Connection) -> None:
    writer = a_writer(conn)
    assert write(conn, writer, 0, 11.0)
    assert written(conn) == [0]


def test_who_has_lost_the_stream_writes_nothing(conn: Connection) -> None:
    writer = a_writer(conn)
    assert leases.acquire(conn, writer.lease.resource, "no_two", 99.0, 15.0)
    assert not write(conn, writer, 0, 99.0)
    assert written(conn) == []


def test_after_the_end_the_asset_is_the_writers_to_complete(conn: Connection) -> None:
    writer = a_writer(conn)
    assert on_air.finish(conn, writer, 20.0, listed=True)
    assert making.take(conn, "no_two", 21.0, whole=False) is None
    assert write(conn, writer, 0, 30.0, over=True)
    assert making.take(conn, "no_two", 30.0 + WORK_S - 1, whole=False) is None
    assert making.complete(conn, "bc_one", "no_one", 31.0)
    asset = making.take(conn, "no_two", 32.0, whole=True)
    assert asset
    assert (asset.id, asset.whole) == (ASSET, True)
    assert not write(conn, writer, 1, 33.0, over=True)
    assert written(conn) == [0]


def test_another_stream_s_end_does_not_stop_what_is_over(conn: Connection) -> None:
    writer = a_writer(conn)
    assert on_air.finish(conn, writer, 20.0, listed=True)
    assert leases.acquire(conn, writer.lease.resource, "no_two", 21.0, 15.0)
    assert write(conn, writer, 0, 22.0, over=True)


def test_a_worker_that_is_gone_is_followed_by_another(conn: Connection) -> None:
    writer = a_writer(conn)
    assert on_air.finish(conn, writer, 20.0, listed=True)
    asset = making.take(conn, "no_two", 20.0 + WORK_S, whole=False)
    assert asset
    assert not write(conn, writer, 0, 21.0 + WORK_S, over=True)
    assert making.complete(conn, "bc_one", "no_two", 36.0)


def test_what_is_made_afterwards_is_written_down_by_the_worker_alone(conn: Connection) -> None:
    writer = a_writer(conn)
    assert on_air.finish(conn, writer, 20.0, listed=True)
    rows = [a_row(0, "a0")]
    assert not making.fill(conn, DEFAULT_TENANT, "bc_one", "no_two", rows, 21.0)
    assert making.fill(conn, DEFAULT_TENANT, "bc_one", "no_one", rows, 22.0)
    assert written(conn) == [0]
    assert making.complete(conn, "bc_one", "no_one", 23.0)
    assert not making.fill(conn, DEFAULT_TENANT, "bc_one", "no_one", [a_row(1, "a0")], 24.0)


def test_a_gap_is_redeemed_by_what_is_stored_later_until_all_is_written_down(conn: Connection) -> None:
    writer = a_writer(conn)
    recordings.add(conn, DEFAULT_TENANT, "bc_one", [a_row(0), a_row(1, size=0), a_row(2, size=0)])
    late = [Stored(f"v0/1-{msn}.m4s", 7, "cd" * 32) for msn in range(4)]
    assert [making.redeem(conn, "bc_one", each) for each in (late[0], late[1], late[1], late[3])] == [
        *(False, True, False, False)
    ]
    assert not making.redeem(conn, "bc_two", late[2])
    assert [(row.size, row.sha256) for row in recordings.segments(conn, "bc_one", ("", -1), 9)] == [
        *((9, "ab" * 32), (7, "cd" * 32), (0, ""))
    ]
    assert on_air.finish(conn, writer, 20.0, listed=True)
    assert making.complete(conn, "bc_one", "no_one", 31.0)
    assert not making.redeem(conn, "bc_one", late[2])


def test_those_to_be_left_are_left(conn: Connection) -> None:
    writer = a_writer(conn)
    assert on_air.finish(conn, writer, 20.0, listed=True)
    assert making.take(conn, "no_two", 99.0, whole=False, leave={ASSET}) is None
    assert making.take(conn, "no_two", 99.0, whole=False)


def test_going_on_tells_how_far_it_has_come_while_it_is_there(conn: Connection) -> None:
    writer = a_writer(conn)
    assert on_air.finish(conn, writer, 20.0, listed=True)
    assert making.take(conn, "no_two", 99.0, whole=False)
    assert making.go_on(conn, ASSET, "no_two", 0.25, 100.0)
    asset = assets.get(conn, DEFAULT_TENANT, ASSET)
    assert asset
    assert asset.progress == 0.25
    assert not making.go_on(conn, ASSET, "no_three", 0.5, 101.0)
    assets.delete(conn, DEFAULT_TENANT, ASSET, None, 102.0)
    assert not making.go_on(conn, ASSET, "no_two", 0.5, 103.0)
    assert not write(conn, writer, 0, 999.0, over=True)


def test_somebody_may_still_be_at_work_on_what_was_deleted(conn: Connection) -> None:
    writer = a_writer(conn)
    assert on_air.finish(conn, writer, 20.0, listed=True)
    assets.delete(conn, DEFAULT_TENANT, ASSET, None, 21.0)
    assert making.is_worked_on(conn, "bc_one", 22.0)
    assert not making.is_worked_on(conn, "bc_one", 21.0 + WORK_S)
    making.let_go(conn, ASSET, "no_two", 22.0)
    assert making.is_worked_on(conn, "bc_one", 22.0)
    making.let_go(conn, ASSET, "no_one", 22.0)
    assert not making.is_worked_on(conn, "bc_one", 22.0)
    assert not making.is_worked_on(conn, "bc_other", 22.0)


@ON_SQLITE
def test_who_has_the_catalog_alone_takes_all_of_a_dead_process(conn: Connection) -> None:
    writer = a_writer(conn)
    assert on_air.finish(conn, writer, 20.0, listed=True)
    assert on_air.release_all(conn, 21.0) == []
    assert making.take(conn, "no_two", 21.0, whole=False)
