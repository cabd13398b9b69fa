from __future__ import annotations

from typing import TYPE_CHECKING

from origin.catalog import assets, broadcasts, recordings, streams
from origin.catalog.assets import Asset, Changes
from origin.catalog.ids import DEFAULT_TENANT
from tests.origin.catalog.made import a_broadcast, a_recorded_broadcast, a_row, a_stream, problem

if TYPE_CHECKING:
    from sqlalchemy import Connection


def an_asset(conn: Connection, name: str = "one", now: float = 30.0) -> Asset:
    broadcast = a_recorded_broadcast(conn, name)
    assert broadcasts.end(conn, broadcast.id, now, listed=True)
    asset = assets.get(conn, DEFAULT_TENANT, assets.id_of(broadcast.id))
    assert asset
    return asset


def test_the_end_of_a_recorded_broadcast_makes_an_asset(conn: Connection) -> None:
    stream = a_stream(conn)
    streams.update(conn, DEFAULT_TENANT, stream.id, streams.Changes(keep_s=60.0), None, 15.0)
    asset = an_asset(conn)
    assert (asset.state, asset.whole, asset.progress, asset.name) == ("processing", False, 0.0, "a")
    assert (asset.stream_id, asset.broadcast_id, asset.prefix) == ("st_a", "bc_one", f"{DEFAULT_TENANT}/bc_one/")
    assert (asset.keep_s, asset.expires_at, asset.created_at) == (60.0, 90.0, 30.0)
    assert asset.playback_id.startswith("pb_")
    assert (asset.playback, asset.public_jti) == ("signed", None)
    assert assets.by_playback_id(conn, asset.playback_id) == asset


def test_ids_under_which_nothing_is_played_are_told(conn: Connection) -> None:
    a_stream(conn)
    asset = an_asset(conn)
    assert assets.absent(conn, ["pb_b", asset.playback_id, "pb_a"]) == ["pb_a", "pb_b"]
    assert assets.absent(conn, []) == []


def test_one_of_which_nothing_was_listed_leaves_none(conn: Connection) -> None:
    a_stream(conn)
    a_recorded_broadcast(conn)
    assert broadcasts.end(conn, "bc_one", 30.0)
    assert assets.page(conn, DEFAULT_TENANT, None, 9) == []
    a_broadcast(conn, "unrecorded")
    assert broadcasts.end(conn, "bc_unrecorded", 30.0, listed=True)
    assert assets.page(conn, DEFAULT_TENANT, None, 9) == []


def test_whoever_ends_it_what_was_written_down_is_kept(conn: Connection) -> None:
    a_stream(conn)
    a_recorded_broadcast(conn)
    recordings.add(conn, DEFAULT_TENANT, "bc_one", [a_row(0)])
    assert broadcasts.end_all(conn, "st_a", 30.0) == 1
    (asset,) = assets.page(conn, DEFAULT_TENANT, None, 9)
    assert asset.broadcast_id == "bc_one"


def test_the_recording_of_a_public_stream_is_public(conn: Connection) -> None:
    stream = a_stream(conn)
    streams.update(conn, DEFAULT_TENANT, stream.id, streams.Changes(playback="public"), None, 15.0)
    asset = an_asset(conn)
    assert asset.playback == "public"
    assert asset.public_jti
    assert asset.public_jti.startswith(f"{DEFAULT_TENANT}.{asset.id}.")


def test_a_deleted_stream_leaves_its_recordings(conn: Connection) -> None:
    asset = an_asset(conn)  # there never was a stream
    assert (asset.name, asset.keep_s, asset.playback) == ("st_a", None, "signed")


def test_it_is_made_step_by_step(conn: Connection) -> None:
    a_stream(conn)
    asset = an_asset(conn)
    assert assets.unfinished(conn, whole=False, limit=9) == [asset]
    assert assets.complete(conn, asset.id, 31.0)
    assert not assets.complete(conn, asset.id, 31.0)
    assert assets.unfinished(conn, whole=False, limit=9) == []
    assert [each.id for each in assets.unfinished(conn, whole=True, limit=9)] == [asset.id]
    assert assets.note_progress(conn, asset.id, 0.5, 32.0)
    assert assets.finish(conn, asset.id, 12.5, 33.0)
    assert not assets.fail(conn, asset.id, "Too late.", 34.0)
    ready = assets.get(conn, DEFAULT_TENANT, asset.id)
    assert ready
    assert (ready.state, ready.duration_s, ready.progress, ready.updated_at) == ("ready", 12.5, 1.0, 33.0)
    assert assets.unfinished(conn, whole=True, limit=9) == []


def test_one_that_fails_says_why(conn: Connection) -> None:
    a_stream(conn)
    asset = an_asset(conn)
    assert assets.fail(conn, asset.id, "Nothing is there.", 31.0)
    failed = assets.get(conn, DEFAULT_TENANT, asset.id)
    assert failed
    assert (failed.state, failed.error) == ("failed", "Nothing is there.")
    assert not assets.finish(conn, asset.id, 1.0, 32.0)


def test_pages_go_from_the_newest_to_the_oldest(conn: Connection) -> None:
    made = [an_asset(conn, str(number), 30.0 + number) for number in range(3)]
    first = assets.page(conn, DEFAULT_TENANT, None, 2)
    assert [each.id for each in first] == [made[2].id, made[1].id]
    behind = (first[-1].created_at, first[-1].id)
    assert [each.id for each in assets.page(conn, DEFAULT_TENANT, behind, 2)] == [made[0].id]
    assert assets.page(conn, "tn_other", None, 9) == []


def test_keeping_counts_from_its_creation(conn: Connection) -> None:
    a_stream(conn)
    asset = an_asset(conn)
    changed = assets.update(conn, DEFAULT_TENANT, asset.id, Changes(keep_s=10.0), 1, 35.0)
    assert (changed.keep_s, changed.expires_at, changed.revision) == (10.0, 40.0, 2)
    assert assets.expired(conn, 39.0, 9) == []
    assert [each.id for each in assets.expired(conn, 40.0, 9)] == [asset.id]
    kept = assets.update(conn, DEFAULT_TENANT, asset.id, Changes(keep_s=None, name="b"), None, 36.0)
    assert (kept.keep_s, kept.expires_at, kept.name) == (None, None, "b")
    assert assets.expired(conn, 99.0, 9) == []
    with problem("revision_mismatch"):
        assets.update(conn, DEFAULT_TENANT, asset.id, Changes(name="c"), 1, 37.0)
    with problem("not_found"):
        assets.update(conn, "tn_other", asset.id, Changes(name="c"), None, 37.0)


def test_its_objects_are_kept_as_long_as_it_is_there_and_a_while(conn: Connection) -> None:
    a_stream(conn)
    asset = an_asset(conn)
    assert not broadcasts.is_over(conn, "bc_one")
    assert broadcasts.ended_before(conn, 99.0, 9) == []
    assert not broadcasts.forget(conn, "bc_one")
    assert assets.delete(conn, DEFAULT_TENANT, asset.id, None, 50.0) == asset
    assert assets.by_playback_id(conn, asset.playback_id) is None
    assert broadcasts.ended_before(conn, 50.0, 9) == []
    assert [each.id for each in broadcasts.ended_before(conn, 51.0, 9)] == ["bc_one"]
    assert broadcasts.is_over(conn, "bc_one")
    assert broadcasts.forget(conn, "bc_one")
    with problem("not_found"):
        assets.delete(conn, DEFAULT_TENANT, asset.id, None, 51.0)
