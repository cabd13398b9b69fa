"""What is written down of broadcasts, whoever ends them, and however."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from origin.catalog import assets, broadcasts, recordings, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.errors import Problem
from origin.live import ending, recorder, succession
from origin.live.completion import Completion
from origin.live.sweep import forget_logs
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from origin.vod.finisher import Finisher
from packager import inventory
from tests.origin.live.house import House, uris
from tests.support.frames import AUDIO, VIDEO, both, pictures, push_all
from tests.support.keys import SIGNER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from origin.catalog.assets import Asset
    from origin.live.director import Director
    from packager.recorded import Recorded


class Away(MemoryStore):
    """A store that takes nothing while it is away."""

    away = False

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        if self.away:
            raise StoreError("The store is away.")
        await super().put(key, body)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "WRITE_S", 0.01)


async def record(house: House, **changes: object) -> None:
    wanted = streams.Changes(record=True, **changes)  # type: ignore[arg-type]  # fields of any type
    house.stream = await house.catalog.write(
        lambda conn: streams.update(conn, DEFAULT_TENANT, house.stream.id, wanted, None, house.now)
    )


async def end(house: House, director: Director | None = None) -> None:
    await (director or house.director).disconnect(house.stream.id, "The operator ended it.")


async def found(house: House) -> list[Asset]:
    return await house.catalog.read(lambda conn: assets.page(conn, DEFAULT_TENANT, None, 99))


async def whole(house: House, count: int = 1) -> list[Asset]:
    """The assets, once everything is written down of so many."""
    async with asyncio.timeout(20):
        while sum(asset.whole for asset in await found(house)) < count:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    return await found(house)


async def written(house: House, asset: Asset) -> list[Recorded]:
    return await house.catalog.read(lambda conn: recordings.segments(conn, asset.package, ("", -1), 9_999))


async def stored(house: House, asset: Asset) -> set[str]:
    """Names of the segments in the store."""
    keys = [each.key for each in await house.store.list(asset.prefix, None, 9_999)]
    return {key.removeprefix(asset.prefix) for key in keys if key.endswith(".m4s")}


async def ready(house: House, asset: Asset) -> Asset:
    """What the finisher makes of it."""
    made = Finisher(house.catalog, house.store, signer=lambda: SIGNER, clock=lambda: house.now, worker="no_x/finisher")
    await made.finish_all()
    done = await house.catalog.read(lambda conn: assets.get(conn, DEFAULT_TENANT, asset.id))
    assert done
    return done


async def test_every_segment_is_kept_and_written_down_however_short_the_window(house: House) -> None:
    await record(house, dvr_window_s=10.0)
    publication = await house.director.open("sk_right", "rtmp", "127.0.0.1")
    publication.set_track(VIDEO)
    publication.set_track(AUDIO)
    push_all(publication, both(60.0))
    await end(house)
    (asset,) = await whole(house)
    rows = await written(house, asset)
    assert {f"{row.rendition}/{row.file}" for row in rows} == await stored(house, asset)
    assert [row.msn for row in rows if row.rendition == "v0"] == list(range(30))
    assert sum(row.duration for row in rows if row.rendition == "v0") == pytest.approx(60.0, abs=0.1)
    done = await ready(house, asset)
    assert done.state == "ready"
    assert done.duration_s == pytest.approx(60.0, abs=0.1)
    package = inventory.read(await house.store.get(f"{asset.prefix}package.json"))
    assert {file.name for file in package.files} >= await stored(house, asset)


async def test_a_broadcast_without_a_segment_leaves_no_asset(house: House) -> None:
    await record(house)
    await house.director.open("sk_right", "rtmp", "127.0.0.1")
    await end(house)
    assert await found(house) == []
    await house.director.drain()
    assert await found(house) == []


async def test_each_broadcast_of_a_stream_becomes_one(house: House) -> None:
    await record(house, keep_s=600.0)
    for _ in range(2):
        await house.publish(seconds=5)
        await end(house)
    two = await whole(house, 2)
    assert len({asset.broadcast_id for asset in two}) == 2
    assert {asset.expires_at for asset in two} == {house.now + 600}


async def test_whether_it_is_recorded_is_decided_when_it_begins(house: House) -> None:
    await house.publish(seconds=5)
    await record(house)
    await end(house)
    assert await found(house) == []
    await house.publish(seconds=5)
    off = streams.Changes(record=False)
    await house.catalog.write(lambda conn: streams.update(conn, DEFAULT_TENANT, house.stream.id, off, None, house.now))
    await end(house)
    assert len(await whole(house)) == 1


async def test_a_deleted_stream_leaves_its_recordings(house: House) -> None:
    await record(house)
    await house.publish(seconds=5)
    await house.catalog.write(lambda conn: streams.delete(conn, DEFAULT_TENANT, house.stream.id, None))
    await end(house)
    (asset,) = await whole(house)
    assert (await ready(house, asset)).state == "ready"


async def test_what_has_not_been_written_when_a_server_is_killed_is_found_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "WRITE_S", 999.0)
    await record(house)
    await house.publish(seconds=9)
    before = uris(await house.text())
    async with asyncio.timeout(10):
        while len(await house.store.list("", None, 99)) < 5:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    monkeypatch.setattr(recorder, "WRITE_S", 0.01)
    again = house.another("no_again")
    await again.revive()
    publication = await again.open("sk_right", "rtmp", "127.0.0.1")
    publication.set_track(VIDEO)
    push_all(publication, pictures(6.0))
    await end(house, again)
    (asset,) = await whole(house)
    rows = await written(house, asset)
    assert [row.msn for row in rows] == list(range(len(rows)))
    assert before <= {row.file for row in rows}
    assert {row.file.partition("-")[0] for row in rows} == {"1", "2"}
    assert {f"v0/{row.file}" for row in rows if not row.gap} <= await stored(house, asset)
    assert not any(row.gap for row in rows[:4])
    await again.drain()


async def test_rows_of_what_a_successor_makes_anew_are_cut(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment was written down by a writer that was killed before its log told of it."""
    await record(house)
    await house.publish(seconds=5)
    (row,) = await house.catalog.read(broadcasts.open_ones)
    await house.director.drain()
    (last, *_) = await house.catalog.read(lambda conn: recordings.segments(conn, row.id, ("", -1), 1))
    ahead = replace(last, msn=3, file="1-3.m4s")
    await house.catalog.write(lambda conn: recordings.add(conn, DEFAULT_TENANT, row.id, [ahead]))
    again = house.another("no_again")
    await again.revive()
    publication = await again.open("sk_right", "rtmp", "127.0.0.1")
    publication.set_track(VIDEO)
    push_all(publication, pictures(6.0))
    await end(house, again)
    (asset,) = await whole(house)
    assert "1-3.m4s" not in {each.file for each in await written(house, asset)}
    await again.drain()
    del monkeypatch


async def test_a_store_that_is_away_at_the_end_gets_everything_when_it_is_back(house: House) -> None:
    house.store = store = Away()
    house.director = house.another("no_away")
    await record(house)
    await house.publish(seconds=5)
    store.away = True
    await end(house)
    await house.publish(seconds=3)  # the next broadcast is not held up
    (asset,) = await found(house)
    assert (asset.state, asset.whole) == ("processing", False)
    store.away = False
    assert [each.whole for each in await whole(house)] == [True]
    assert not any(row.gap for row in await written(house, asset))
    await house.director.drain()


async def test_what_the_store_never_took_is_a_gap(house: House) -> None:
    house.store = store = Away()
    house.director = house.another("no_away")
    await record(house)
    store.away = True
    await house.publish(seconds=5)
    present = house.director._register.of_stream(house.stream.id)
    assert present is not None
    present.keeper._lose_oldest()
    store.away = False
    await end(house)
    (asset,) = await whole(house)
    assert [row.gap for row in await written(house, asset)] == [True, False, False]
    await house.director.drain()


async def test_a_node_that_dies_after_the_end_is_followed_by_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "WRITE_S", 999.0)
    house.store = store = Away()
    house.director = house.another("no_dies")
    await record(house)
    await house.publish(seconds=9)
    present = house.director._register.of_stream(house.stream.id)
    assert present is not None
    await present.keeper.settled()
    store.away = True
    await end(house)
    async with asyncio.timeout(10):
        while not await log_tells_the_end(house, present.writer.broadcast_id):  # noqa: ASYNC110 - a thread writes it
            await asyncio.sleep(0.01)
    assert present.recorder
    present.recorder._task.cancel()
    present.keeper._task.cancel()
    (asset,) = await found(house)
    assert await written(house, asset) == []
    store.away = False
    house.now += 60.0
    completion = Completion(house.director._means)
    assert await completion.complete_all() == 1
    (asset,) = await whole(house)
    rows = await written(house, asset)
    assert [row.gap for row in rows[:4]] == [False] * 4
    assert {f"v0/{row.file}" for row in rows if not row.gap} == await stored(house, asset)
    assert (await ready(house, asset)).state == "ready"


async def log_tells_the_end(house: House, broadcast_id: str) -> bool:
    told = await succession.recall(house.director._means.logbook, broadcast_id)
    return told is not None and told.ended


async def test_the_log_goes_when_all_is_written_down(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "LINGER_S", 0.01)
    await record(house)
    await house.publish(seconds=5)
    await end(house)
    await whole(house)
    await until_no_logs(house)


async def test_a_log_that_was_left_behind_goes_at_the_next_start(house: House) -> None:
    await record(house)
    await house.publish(seconds=5)
    await end(house)
    await whole(house)
    await house.director.drain()  # before the time of the log has come
    again = house.another("no_again")
    await again.revive()
    assert again._means.logbook.subjects()
    await forget_logs(house.catalog, again._means.logbook)
    await until_no_logs(house, again)
    await again.drain()


async def until_no_logs(house: House, director: Director | None = None) -> None:
    logbook = (director or house.director)._means.logbook
    async with asyncio.timeout(10):
        while logbook.subjects():  # noqa: ASYNC110 - a thread writes them
            await asyncio.sleep(0.01)


async def test_a_catalog_that_fails_for_a_while_loses_no_row(house: House) -> None:
    await record(house)
    await house.publish(seconds=5)
    house.catalog.full = True
    with pytest.raises(Problem):
        await house.catalog.write(lambda _: None)
    await asyncio.sleep(0.05)
    house.catalog.full = False
    await end(house)
    (asset,) = await whole(house)
    assert len(await written(house, asset)) == 3
