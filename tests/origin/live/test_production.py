"""What the packager asks for happens in the right order, and the end reaches everybody."""

from __future__ import annotations

import asyncio

import pytest

from origin.live.keeper import Keeper
from origin.live.production import Production
from origin.stores.memory import MemoryStore
from packager.commands import Delete, Life, Put
from packager.hls.reload import ReloadQuery
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.feed import VIDEO, WALL, pictures


@pytest.fixture
def production() -> Production:
    return Production(LivePackager(feed.settings()), "tn/bc/")


def publish(production: Production, seconds: float, start: float = 0.0) -> None:
    for sample in pictures(seconds, start=start):
        production.carry_out(production.packager.push(sample))


async def test_bytes_are_there_when_viewers_are_woken(production: Production) -> None:
    woken = production.signal("v0").next()
    found: list[object] = []
    woken.add_done_callback(lambda _: found.append(production.spool.get("v0/1-0.0.m4s")))
    production.carry_out([Put("v0/1-0.0.m4s", (b"part",), Life.EDGE)])
    await woken
    await asyncio.sleep(0)
    assert found == [(b"part",)]


async def test_whole_segments_go_to_the_store_and_deletes_too(production: Production) -> None:
    store = MemoryStore()
    keeper = Keeper(
        store,
        production.prefix,
        on_durable=lambda stored: production.spool.durable(stored.name),
        on_lost=production.mark_lost,
    )
    production.keep_with(keeper)
    production.carry_out(production.packager.start([VIDEO], WALL))
    publish(production, 4.5)
    production.carry_out([Delete("v0/1-0.m4s")])
    await keeper.close(5)
    assert [stored.key for stored in await store.list("", None, 10)] == ["tn/bc/v0/1-1.m4s", "tn/bc/v0/1-init-0.mp4"]
    assert production.spool.get("v0/1-0.m4s") is None


async def test_the_end_answers_who_waits(production: Production) -> None:
    production.carry_out(production.packager.start([VIDEO], WALL))
    publish(production, 5)
    window = production.presentation.windows["v0"]
    waiting = asyncio.create_task(production.playlist("v0", ReloadQuery(window.open_msn + 1)))
    await asyncio.sleep(0)
    await production.finish()
    assert (await waiting).plain.endswith(b"#EXT-X-ENDLIST\n")
    assert production.ended


async def test_a_lost_segment_is_a_gap(production: Production) -> None:
    production.carry_out(production.packager.start([VIDEO], WALL))
    publish(production, 5)
    production.mark_lost("v0/1-0.m4s")
    assert production.presentation.windows["v0"].segments[0].gap
    assert production.spool.get("v0/1-0.m4s") is None
