"""A node that is stopped while the store is away, and what comes of it at its next start, or at another node."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import m3u8
import pytest

from origin.catalog import assets, broadcasts, recordings, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.live import closing, ending, keeper, opening, recorder
from origin.live.completion import Completion
from origin.live.unsent import Unsent
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from origin.vod.finisher import Finisher
from tests.origin.live.house import House, uris
from tests.origin.live.site import Flaky, Site, nodes, settled, text
from tests.support.frames import pictures, push_all
from tests.support.keys import SIGNER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from origin.catalog.assets import Asset
    from origin.live.director import Director
    from origin.live.publication import Publication
    from packager.commands import Put
    from packager.recorded import Recorded


class Away(MemoryStore):
    """A store that answers nothing while it is away."""

    away = False

    def _look(self) -> None:
        if self.away:
            raise StoreError("The store is away.")

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        self._look()
        await super().put(key, body)

    async def size(self, key: str) -> int | None:
        self._look()
        return await super().size(key)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self._look()
        async for chunk in super().stream(key, start, end):
            yield chunk

    async def list(self, prefix: str, after: str | None, limit: int) -> Sequence[object]:  # type: ignore[override]  # as it is
        self._look()
        return await super().list(prefix, after, limit)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop waits for a store as long as for a disk: not at all."""
    monkeypatch.setattr(keeper, "PROMPT_S", 0.02)
    monkeypatch.setattr(keeper, "PAUSES_S", (0.02,))
    monkeypatch.setattr(ending, "DRAIN_S", 0.05)
    monkeypatch.setattr(ending, "SHELF_S", 0.05)
    monkeypatch.setattr(closing, "STORE_S", 0.05)
    monkeypatch.setattr(closing, "WRITE_S", 0.5)
    monkeypatch.setattr(closing, "RETRY_S", 0.02)
    monkeypatch.setattr(opening, "PROMPT_S", 0.1)
    monkeypatch.setattr(opening, "RETRY_S", 0.02)
    monkeypatch.setattr(recorder, "WRITE_S", 0.01)


@pytest.fixture
async def store(house: House) -> Away:
    house.store = store = Away()
    house.director = house.another("no_away")
    return store


async def record(house: House, **changes: object) -> None:
    wanted = streams.Changes(record=True, **changes)  # type: ignore[arg-type]  # fields of any type
    house.stream = await house.catalog.write(
        lambda conn: streams.update(conn, DEFAULT_TENANT, house.stream.id, wanted, None, house.now)
    )


async def on_air(house: House, store: Away, seconds: float) -> Publication:
    """Five seconds that the store takes, and so many that it does not."""
    publication = await house.publish(seconds=5)
    present = house.director._register.of_stream(house.stream.id)
    assert present is not None
    await present.keeper.settled()
    store.away = True
    push_all(publication, pictures(seconds, start_ms=5_000))
    return publication


async def restarted(house: House, name: str) -> Director:
    await house.director.drain()
    house.director = house.another(name)
    await house.director.revive()
    return house.director


async def whole(house: House) -> Asset:
    """The asset, once everything is written down."""
    async with asyncio.timeout(20):
        while True:
            found = await house.catalog.read(lambda conn: assets.page(conn, DEFAULT_TENANT, None, 99))
            if found and found[0].whole:
                (asset,) = found
                return asset
            await asyncio.sleep(0.01)


async def rows_of(house: House, asset: Asset) -> list[Recorded]:
    return await house.catalog.read(lambda conn: recordings.segments(conn, asset.package, ("", -1), 9_999))


async def names(store: MemoryStore) -> set[str]:
    return {each.key.rpartition("/")[2] for each in await store.list("", None, 9_999) if each.key.endswith(".m4s")}


async def everything_is_there(house: House, asset: Asset, seconds: float) -> None:
    """The recording has no gap, and what it lists can be had."""
    rows = await rows_of(house, asset)
    assert [row.msn for row in rows] == list(range(len(rows)))
    assert not any(row.gap for row in rows)
    assert sum(row.duration for row in rows) == pytest.approx(seconds, abs=0.2)
    assert {row.file for row in rows} == await names(house.store)
    made = Finisher(house.catalog, house.store, signer=lambda: SIGNER, clock=lambda: house.now, worker="no_x/finisher")
    await made.finish_all()
    done = await house.catalog.read(lambda conn: assets.get(conn, DEFAULT_TENANT, asset.id))
    assert done
    assert done.state == "ready"
    assert done.duration_s == pytest.approx(seconds, abs=0.2)
    assert await names(house.place) == set()


async def test_viewers_get_what_the_store_had_not_taken_after_the_next_start(house: House, store: Away) -> None:
    await on_air(house, store, 9.0)
    before = uris(await house.text())
    await house.director.drain()
    left = await names(house.place)
    assert len(left) > 3
    assert left.isdisjoint(await names_when_up(store))
    store.away = False
    await restarted(house, "no_again")
    after = await house.text()
    assert uris(after) >= before
    assert "EXT-X-GAP" not in after
    assert before <= await names(store)
    assert await names(house.place) == set()


async def names_when_up(store: Away) -> set[str]:
    store.away = False
    found = await names(store)
    store.away = True
    return found


async def test_a_store_that_is_still_away_at_the_next_start_gets_it_later(house: House, store: Away) -> None:
    await on_air(house, store, 9.0)
    before = uris(await house.text())
    await restarted(house, "no_second")
    await restarted(house, "no_third")
    assert "EXT-X-GAP" not in await house.text()
    store.away = False
    present = house.director._register.of_stream(house.stream.id)
    assert present is not None
    async with asyncio.timeout(20):
        await present.keeper._adopted.wait()
    assert before <= await names(store)
    assert await names(house.place) == set()
    assert "EXT-X-GAP" not in await house.text()


async def test_a_recording_has_all_of_it_also_what_left_the_playlist_before(house: House, store: Away) -> None:
    await record(house, dvr_window_s=10.0)
    await on_air(house, store, 55.0)
    await house.director.drain()
    assert len(await names(house.place)) > 20
    store.away = False
    director = await restarted(house, "no_again")
    assert "EXT-X-GAP" not in await house.text()
    await director.disconnect(house.stream.id, "The operator ended it.")
    await everything_is_there(house, await whole(house), 60.0)


@pytest.fixture
def timely(store: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is back when all is on the disk, but not yet in the catalog."""
    monkeypatch.setattr(ending, "DRAIN_S", 0.0)
    monkeypatch.setattr(closing, "STORE_S", 0.0)
    keep = Unsent.keep

    async def in_time(self: Unsent, prefix: str, puts: Iterable[Put]) -> set[str]:
        kept = await keep(self, prefix, puts)
        store.away = False
        return kept

    monkeypatch.setattr(Unsent, "keep", in_time)


@pytest.mark.usefixtures("timely")
@pytest.mark.parametrize("ended", [False, True])
async def test_a_store_that_is_back_at_that_moment_costs_nothing(house: House, store: Away, *, ended: bool) -> None:
    await record(house, dvr_window_s=10.0)
    await on_air(house, store, 25.0)
    delivering = asyncio.create_task(house.director._means.unsent.run())
    if ended:
        await house.director.disconnect(house.stream.id, "The operator ended it.")
    await house.director.drain()
    delivering.cancel()
    director = await restarted(house, "no_again")
    await director.disconnect(house.stream.id, "The operator ended it.")
    house.now += 60.0
    completing = asyncio.create_task(Completion(director._means).run())
    await everything_is_there(house, await whole(house), 30.0)
    completing.cancel()


async def test_until_the_store_has_it_a_recording_lists_nothing_of_it(house: House, store: Away) -> None:
    await record(house, dvr_window_s=10.0)
    await on_air(house, store, 25.0)
    await house.director.drain()
    (row,) = await house.catalog.read(broadcasts.open_ones)
    rows = await house.catalog.read(lambda conn: recordings.segments(conn, row.id, ("", -1), 9_999))
    assert {row.file for row in rows if not row.gap} == await names_when_up(store)
    assert {row.file for row in rows if row.gap} == await names(house.place)


async def test_a_recording_whose_broadcast_ends_before_the_store_is_back_waits_for_it(
    house: House, store: Away
) -> None:
    await record(house, dvr_window_s=10.0)
    await on_air(house, store, 25.0)
    director = await restarted(house, "no_again")
    await director.disconnect(house.stream.id, "The operator ended it.")
    found = await house.catalog.read(lambda conn: assets.page(conn, DEFAULT_TENANT, None, 99))
    assert [(asset.state, asset.whole) for asset in found] == [("processing", False)]
    store.away = False
    await everything_is_there(house, await whole(house), 30.0)


async def test_a_stop_after_the_end_leaves_the_rest_to_the_next_start(house: House, store: Away) -> None:
    await record(house, dvr_window_s=10.0)
    await on_air(house, store, 25.0)
    await house.director.disconnect(house.stream.id, "The operator ended it.")
    await restarted(house, "no_again")
    found = await house.catalog.read(lambda conn: assets.page(conn, DEFAULT_TENANT, None, 99))
    assert [(asset.state, asset.whole) for asset in found] == [("processing", False)]
    house.now += 60.0
    completion = Completion(house.director._means)
    assert await completion.complete_all() == 0  # the store is still away
    store.away = False
    house.now += 60.0
    assert await completion.complete_all() == 1
    await everything_is_there(house, await whole(house), 30.0)


class Forgetful(Flaky):
    """A journal whose bytes are gone by the time that a successor asks for them."""

    async def body(self, broadcast: str, name: str) -> bytes | None:
        del broadcast, name
        return None


async def test_what_another_node_has_shown_as_a_gap_stays_one(site: Site) -> None:
    site.store, site.journal = store, _ = Away(), Forgetful()
    async with nodes(site, "no_a", "no_b") as (stopped, heir):
        publication = await site.publish(stopped)
        (theirs,) = stopped._register
        await theirs.keeper.settled()
        store.away = True
        push_all(publication, pictures(9.0, start_ms=5_000))
        await settled(stopped)
        await stopped.drain()
        left = await names(site.places["no_a"])
        store.away = False
        await site.publish(heir)
        (ours,) = heir._register
        await ours.keeper.settled()
        shown = await text(heir.channel("pb_one"))
        assert {uri for uri, gap in listed(shown) if gap} == left
        await stopped._means.unsent.deliver()
        assert await text(heir.channel("pb_one")) == shown
        assert await names(site.places["no_a"]) == set()


async def test_another_node_shows_what_was_delivered_before_it_could_look(site: Site) -> None:
    site.store, site.journal = store, _ = Away(), Forgetful()
    async with nodes(site, "no_a", "no_b") as (stopped, heir):
        publication = await site.publish(stopped)
        store.away = True
        push_all(publication, pictures(9.0, start_ms=5_000))
        await settled(stopped)
        await stopped.drain()
        store.away = False
        await stopped._means.unsent.deliver()
        await site.publish(heir)
        (ours,) = heir._register
        await ours.keeper._adopted.wait()
        assert "EXT-X-GAP" not in await text(heir.channel("pb_one"))


def listed(playlist: str) -> list[tuple[str, bool]]:
    """Each segment, and whether it is a gap."""
    return [(segment.uri, bool(segment.gap_tag)) for segment in m3u8.loads(playlist).segments if segment.uri]
