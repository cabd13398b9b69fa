from __future__ import annotations

from typing import TYPE_CHECKING

from media.track import Codec, Track
from origin.catalog import assets, jobs, making, packages, recordings, remains
from origin.catalog.ids import DEFAULT_TENANT
from packager.recorded import RecordedInit
from tests.origin.catalog.made import a_new_asset, a_row, an_order

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.assets import Asset
    from origin.catalog.jobs import Job

INIT = RecordedInit("v0/1-init-0.mp4", Track(Codec.H264, 90_000, b"\x01", width=64, height=36), 9, "ab" * 32)


def made(conn: Connection, now: float = 10.0) -> Asset:
    return packages.create(conn, a_new_asset(keep_s=100.0), an_order(), now)


def taken(conn: Connection, now: float = 11.0) -> Job:
    job = jobs.claim(conn, "wo_a", [jobs.PACKAGE], now)
    assert job
    return job


def known(conn: Connection) -> Asset:
    asset = assets.get(conn, DEFAULT_TENANT, "as_film")
    assert asset
    return asset


def test_an_asset_is_queued_with_its_job(conn: Connection) -> None:
    asset = made(conn)
    assert asset == known(conn)
    assert (asset.state, asset.whole, asset.progress, asset.expires_at) == ("queued", False, 0.0, 110.0)
    assert (asset.package, asset.prefix) == ("as_film", "tn_default/as_film/")
    assert (asset.object_id, asset.version_id, asset.broadcast_id) == ("ob_film", "ve_film", None)
    job = taken(conn)
    assert (job.subject, packages.order_of(job)) == ("as_film", an_order())


def test_it_follows_its_job_until_only_manifests_are_missing(conn: Connection) -> None:
    made(conn)
    job = taken(conn)
    assert known(conn).state == "processing"
    assert making.take(conn, "no_one", 12.0, whole=False) is None, "nobody else completes it"
    assert jobs.heartbeat(conn, job, 0.5, 12.0)
    assert known(conn).progress == 0.45
    assert packages.write_down(conn, job, [a_row(0)], [INIT])
    assert packages.note_left_out(conn, job, "[]")
    assert jobs.finish(conn, job, 13.0)
    asset = making.take(conn, "no_one", 14.0, whole=True)
    assert asset
    assert (asset.state, asset.whole, asset.progress, asset.left_out) == ("processing", True, 0.9, "[]")
    assert recordings.segments(conn, asset.package, ("", -1), 9) == [a_row(0)]
    assert recordings.inits(conn, asset.package) == [INIT]
    assert assets.finish(conn, asset.id, 2.0, 15.0)
    assert remains.released_before(conn, 1e9, 9) == []


def test_an_old_attempt_writes_nothing_down(conn: Connection) -> None:
    made(conn)
    old = taken(conn)
    new = taken(conn, 11.0 + jobs.LEASE_S)
    assert not packages.write_down(conn, old, [a_row(0)], [INIT])
    assert not packages.note_left_out(conn, old, "[]")
    assert packages.write_down(conn, new, [a_row(1)], [])
    assert packages.drop(conn, old, 9) == 0
    assert [row.msn for row in recordings.segments(conn, "as_film", ("", -1), 9)] == [1]
    assert packages.drop(conn, new, 9) == 1
    assert known(conn).left_out is None


def test_a_failure_is_the_asset_s_and_leaves_its_remains_to_be_collected(conn: Connection) -> None:
    made(conn)
    assert jobs.fail(conn, taken(conn), "It is no film.", 20.0)
    assert (known(conn).state, known(conn).error) == ("failed", "It is no film.")
    assert [left.id for left in remains.released_before(conn, 21.0, 9)] == ["as_film"]


def test_one_whose_job_is_cancelled_has_failed(conn: Connection) -> None:
    made(conn)
    assert jobs.retry(conn, taken(conn), "The store is away.", 12.0)
    jobs.cancel(conn, DEFAULT_TENANT, jobs.id_of("as_film"), 20.0)
    assert (known(conn).state, known(conn).error) == ("failed", "Its job was cancelled.")


def test_deletion_cancels_the_job_and_leaves_remains(conn: Connection) -> None:
    made(conn)
    job = taken(conn)
    assets.delete(conn, DEFAULT_TENANT, "as_film", None, 20.0)
    assert not jobs.heartbeat(conn, job, 0.5, 21.0)
    assert not packages.write_down(conn, job, [a_row(0)], [])
    assert not jobs.finish(conn, job, 21.0)
    assert [left.id for left in remains.released_before(conn, 21.0, 9)] == ["as_film"]


def test_manifests_that_cannot_be_made_are_a_failure_like_any_other(conn: Connection) -> None:
    made(conn)
    assert jobs.finish(conn, taken(conn), 12.0)
    assert assets.fail(conn, "as_film", "It is too long.", 13.0)
    assert [left.id for left in remains.released_before(conn, 21.0, 9)] == ["as_film"]
