from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from origin.catalog import assets, broadcasts, recordings, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.live import unsent as unsent_module
from origin.live.unsent import Unsent
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from packager.commands import Life, Put
from tests.origin.catalog.made import a_row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from packager.recorded import Recorded

PREFIX = f"{DEFAULT_TENANT}/bc_one/"


class Line(MemoryStore):
    """A store behind a line that may be down; counts what comes over it."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.asked: list[str] = []

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.down:
            raise StoreError("The store is away.")

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        self._ask(f"put {key.removeprefix(PREFIX)}")
        await super().put(key, body)

    async def size(self, key: str) -> int | None:
        self._ask(f"size {key.removeprefix(PREFIX)}")
        return await super().size(key)


class Room:
    """A node's disk, the store, and a broadcast that is on the air, recorded or not."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.place = MemoryStore()
        self.store = Line()
        self.unsent = self.restarted()

    def restarted(self) -> Unsent:
        self.unsent = Unsent(self.place, self.store, self.catalog)
        return self.unsent

    async def on_air(self, *, recorded: bool = False) -> None:
        def work(conn: Connection) -> None:
            tenants.ensure_default(conn, 1.0)
            of = {"id": "bc_one", "tenant_id": DEFAULT_TENANT, "stream_id": "st_a"}
            broadcasts.start(conn, **of, epoch=1, first_msn=0, now=1.0, recorded=recorded)

        await self.catalog.write(work)

    async def end(self, *, whole: bool = False) -> None:
        def work(conn: Connection) -> None:
            broadcasts.end(conn, "bc_one", 2.0, listed=True)
            if whole:
                assets.complete(conn, assets.id_of("bc_one"), 2.0)

        await self.catalog.write(work)

    async def write_gaps(self, count: int) -> None:
        gaps = [a_row(msn, size=0) for msn in range(count)]
        await self.catalog.write(lambda conn: recordings.add(conn, DEFAULT_TENANT, "bc_one", gaps))

    async def rows(self) -> list[Recorded]:
        return await self.catalog.read(lambda conn: recordings.segments(conn, "bc_one", ("", -1), 99))

    async def names(self, where: MemoryStore) -> list[str]:
        return [each.key.removeprefix(PREFIX) for each in await where.list("", None, 99)]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    catalog = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    yield Room(catalog)
    await asyncio.to_thread(catalog.close)


def segment(msn: int, size: int = 10) -> Put:
    return Put(f"v0/1-{msn}.m4s", (b"x" * (size // 2), b"y" * (size - size // 2)), Life.STORED)


async def until_empty(place: MemoryStore) -> None:
    while await place.list("", None, 1):  # noqa: ASYNC110 - seen from outside
        await asyncio.sleep(0.01)


async def test_what_was_kept_is_handed_over_by_the_next_process(room: Room) -> None:
    await room.on_air()
    assert await room.unsent.keep(PREFIX, [segment(0), segment(1)]) == {"v0/1-0.m4s", "v0/1-1.m4s"}
    await room.restarted().deliver()
    assert await room.names(room.store) == ["v0/1-0.m4s", "v0/1-1.m4s"]
    assert await room.store.get(f"{PREFIX}v0/1-1.m4s") == b"xxxxxyyyyy"
    assert await room.names(room.place) == []
    assert await room.rows() == []


async def test_what_somebody_else_has_put_is_left_as_it_is(room: Room) -> None:
    await room.on_air()
    await room.unsent.keep(PREFIX, [segment(0)])
    await room.store.put(f"{PREFIX}v0/1-0.m4s", (b"xxxxxyyyyy",))
    await room.restarted().deliver()
    assert room.store.asked.count("put v0/1-0.m4s") == 1
    assert await room.names(room.place) == []


async def test_only_what_is_wanted_of_one_broadcast_is_handed_over(room: Room) -> None:
    await room.on_air()
    await room.unsent.keep(PREFIX, [segment(0)])
    await room.unsent.keep(f"{DEFAULT_TENANT}/bc_two/", [segment(0)])
    await room.unsent.deliver(PREFIX)
    assert await room.names(room.place) == [f"{DEFAULT_TENANT}/bc_two/v0/1-0.m4s"]
    await room.unsent.deliver()  # nobody knows that one
    assert (await room.names(room.store), await room.names(room.place)) == (["v0/1-0.m4s"], [])


@pytest.mark.parametrize("recorded", [False, True])
async def test_of_a_broadcast_that_is_over_nothing_is_handed_over(room: Room, *, recorded: bool) -> None:
    await room.on_air(recorded=recorded)
    await room.write_gaps(1)
    await room.unsent.keep(PREFIX, [segment(0)])
    await room.end(whole=recorded)
    await room.unsent.deliver()
    assert (await room.names(room.store), await room.names(room.place)) == ([], [])
    assert [row.gap for row in await room.rows()] == [True]


@pytest.mark.parametrize("over", [False, True])
async def test_a_recording_lists_it_from_then_on(room: Room, *, over: bool) -> None:
    await room.on_air(recorded=True)
    await room.write_gaps(3)
    await room.unsent.keep(PREFIX, [segment(1)])
    if over:
        await room.end()
    await room.unsent.deliver()
    rows = await room.rows()
    assert [row.gap for row in rows] == [True, False, True]
    assert (rows[1].size, len(rows[1].sha256), rows[1].duration) == (10, 64, 2.0)


async def test_a_crash_between_store_and_catalog_is_made_good(room: Room) -> None:
    await room.on_air(recorded=True)
    await room.write_gaps(1)
    await room.unsent.keep(PREFIX, [segment(0)])
    await room.store.put(f"{PREFIX}v0/1-0.m4s", segment(0).body)
    await room.restarted().deliver()
    assert [row.gap for row in await room.rows()] == [False]


async def test_a_recording_that_was_completed_meanwhile_stays_as_it_is(room: Room) -> None:
    await room.on_air(recorded=True)
    await room.write_gaps(1)
    await room.unsent.keep(PREFIX, [segment(0)])
    put = room.store.put

    async def slowly(key: str, body: Sequence[bytes]) -> None:
        await put(key, body)
        await room.end(whole=True)

    room.store.put = slowly  # type: ignore[method-assign]  # somebody else is faster
    await room.unsent.deliver()
    assert [row.gap for row in await room.rows()] == [True]


async def test_a_store_that_is_away_is_tried_until_it_is_back(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsent_module, "RETRY_S", 0.01)
    await room.on_air()
    await room.unsent.keep(PREFIX, [segment(0)])
    room.store.down = True
    with pytest.raises(StoreError):
        await room.unsent.deliver()
    running = asyncio.create_task(room.restarted().run())
    async with asyncio.timeout(10):
        while room.store.asked.count("size v0/1-0.m4s") < 4:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
        assert await room.names(room.place) == ["v0/1-0.m4s"]
        room.store.down = False
        await until_empty(room.place)
        assert await room.names(room.store) == ["v0/1-0.m4s"]
        await room.unsent.keep(PREFIX, [segment(1)])  # another node has taken the stream over, and this one runs on
        room.unsent.wake()
        await until_empty(room.place)
    assert await room.names(room.store) == ["v0/1-0.m4s", "v0/1-1.m4s"]
    running.cancel()


async def test_where_there_is_nothing_nobody_is_asked(room: Room) -> None:
    room.store.down = True
    await room.unsent.deliver()
    assert room.store.asked == []


async def test_room_is_bounded_however_often_a_node_stops(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsent_module, "MOST_BYTES", 35)
    assert len(await room.unsent.keep(PREFIX, [segment(0), segment(1)])) == 2
    assert await room.restarted().keep(PREFIX, [segment(2), segment(3)]) == {"v0/1-2.m4s"}
    assert len(await room.unsent.keep(f"{DEFAULT_TENANT}/bc_two/", [segment(0)])) == 1


class Broken(MemoryStore):
    """A disk that fails after so much, or hangs."""

    def __init__(self, *, hangs: bool = False) -> None:
        super().__init__()
        self.broken = False
        self._hangs = hangs

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        if self.broken and self._hangs:
            await asyncio.Event().wait()
        if self.broken:
            raise StoreError("The disk is full.")
        await super().put(key, body)
        self.broken = True

    async def list(self, prefix: str, after: str | None, limit: int) -> Any:
        if self.broken and self._hangs:
            raise StoreError("The disk does not answer.")
        return await super().list(prefix, after, limit)


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_disk_that_fails_keeps_what_it_had_and_holds_up_nobody(
    room: Room, monkeypatch: pytest.MonkeyPatch, *, hangs: bool
) -> None:
    monkeypatch.setattr(unsent_module, "WRITE_S", 0.05)
    await room.on_air()
    room.place = Broken(hangs=hangs)
    with capture_logs() as lines:
        assert await room.restarted().keep(PREFIX, [segment(0), segment(1)]) == {"v0/1-0.m4s"}
        await room.unsent.deliver()
    assert lines[0]["event"] == "segments_not_kept"
    assert await room.names(room.store) == ([] if hangs else ["v0/1-0.m4s"])


async def test_what_the_store_has_after_all_is_dropped(room: Room) -> None:
    await room.unsent.keep(PREFIX, [segment(0), segment(1)])
    await room.unsent.drop(PREFIX, ["v0/1-0.m4s"])
    assert await room.names(room.place) == ["v0/1-1.m4s"]
