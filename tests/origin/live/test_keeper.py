from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from origin.live import keeper as keeper_module
from origin.live.keeper import Keeper
from origin.live.unsent import Unsent
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from packager.commands import Life, Put
from packager.inventory import Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest


class Failing(MemoryStore):
    """A real store behind a line that is down until `repaired`."""

    def __init__(self) -> None:
        super().__init__()
        self.up = asyncio.Event()
        self.tries = 0

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        self.tries += 1
        if not self.up.is_set():
            raise StoreError("down")
        await super().put(key, body)


def segment(msn: int, size: int = 10) -> Put:
    return Put(f"v0/1-{msn}.m4s", (b"x" * (size // 2), b"y" * (size - size // 2)), Life.STORED)


async def test_segments_become_durable_in_order_and_deletes_follow() -> None:
    store, durable, lost = MemoryStore(), list[Stored](), list[str]()
    keeper = Keeper(store, "tn/bc/", on_durable=durable.append, on_lost=lost.append)
    for msn in range(3):
        keeper.put(segment(msn))
    keeper.delete("v0/1-0.m4s")
    await keeper.close(5)
    assert [one.name for one in durable] == ["v0/1-0.m4s", "v0/1-1.m4s", "v0/1-2.m4s"]
    assert lost == []
    assert [one.key for one in await store.list("tn/", None, 10)] == ["tn/bc/v0/1-1.m4s", "tn/bc/v0/1-2.m4s"]
    assert await store.get("tn/bc/v0/1-1.m4s") == b"xxxxxyyyyy"


async def test_a_store_that_comes_back_gets_everything() -> None:
    store, durable, lost = Failing(), list[Stored](), list[str]()
    keeper = Keeper(store, "", on_durable=durable.append, on_lost=lost.append)
    keeper.put(segment(0))
    keeper.put(segment(1))
    while store.tries < 2:
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
    store.up.set()
    await keeper.close(10)
    assert ([one.name for one in durable], lost) == (["v0/1-0.m4s", "v0/1-1.m4s"], [])


async def test_a_store_that_stays_away_costs_the_oldest_segments_and_bounded_memory() -> None:
    store, lost = Failing(), list[str]()
    keeper = Keeper(store, "", on_durable=lambda _: None, on_lost=lost.append, backlog_bytes=100)
    for msn in range(15):
        keeper.put(segment(msn))
    assert lost == [f"v0/1-{msn}.m4s" for msn in range(5)]
    await keeper.close(0)
    assert lost == [f"v0/1-{msn}.m4s" for msn in range(15)]


class Kept(Unsent):
    """Where names are noted, and there is room for so many."""

    def __init__(self, room: int) -> None:
        self.names: list[str] = []
        self.asked = asyncio.Event()
        self._room = room

    async def keep(self, prefix: str, puts: Iterable[Put]) -> set[str]:
        self.names = [f"{prefix}{put.name}" for put in puts][: self._room]
        self.asked.set()
        return {name.removeprefix(prefix) for name in self.names}

    async def drop(self, prefix: str, names: Iterable[str]) -> None:
        for name in names:
            self.names.remove(f"{prefix}{name}")


async def test_what_is_kept_at_a_stop_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "PROMPT_S", 0.0)
    store, lost, kept = Failing(), list[str](), Kept(2)
    keeper = Keeper(store, "tn/bc/", on_durable=lambda _: None, on_lost=lost.append)
    for msn in range(3):
        keeper.put(segment(msn))
    assert await keeper.close(0, kept) == {"v0/1-0.m4s", "v0/1-1.m4s"}
    assert lost == ["v0/1-2.m4s"]
    assert kept.names == ["tn/bc/v0/1-0.m4s", "tn/bc/v0/1-1.m4s"]
    assert await keeper.close(0, kept) == set()


async def test_what_the_store_takes_at_the_last_moment_is_not_kept_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "PROMPT_S", 0.01)
    store, lost, kept = Failing(), list[str](), Kept(9)
    keeper = Keeper(store, "tn/bc/", on_durable=lambda _: None, on_lost=lost.append)
    keeper.put(segment(0))
    keeper.put(segment(1))
    closing = asyncio.create_task(keeper.close(10, kept))
    await kept.asked.wait()
    assert len(kept.names) == 2
    store.up.set()
    assert await closing == set()
    assert (lost, kept.names) == ([], [])
    assert len(keeper.stored) == 2


async def test_a_store_that_works_leaves_nothing_to_be_kept() -> None:
    kept = Kept(9)
    keeper = Keeper(MemoryStore(), "tn/bc/", on_durable=lambda _: None, on_lost=lambda _: None)
    keeper.put(segment(0))
    assert await keeper.close(10, kept) == set()
    assert not kept.asked.is_set()


async def test_it_may_be_closed_again() -> None:
    for store, lost_then in ((Failing(), ["v0/1-0.m4s"]), (MemoryStore(), [])):
        lost = list[str]()
        keeper = Keeper(store, "", on_durable=lambda _: None, on_lost=lost.append)
        keeper.put(segment(0))
        if lost_then:
            await asyncio.gather(keeper.close(0), keeper.close(60))
        await keeper.close(5)
        await keeper.close(0)
        assert lost == lost_then


async def test_init_segments_are_never_given_up() -> None:
    store, lost = Failing(), list[str]()
    keeper = Keeper(store, "", on_durable=lambda _: None, on_lost=lost.append, backlog_bytes=100)
    keeper.put(Put("v0/1-init-0.mp4", (b"i" * 10,), Life.STORED))
    for msn in range(15):
        keeper.put(segment(msn))
    assert lost == [f"v0/1-{msn}.m4s" for msn in range(6)]
    store.up.set()
    await keeper.close(10)
    assert await store.get("v0/1-init-0.mp4") == b"i" * 10


async def test_what_is_stored_is_known_by_its_digest_until_it_is_to_go() -> None:
    store, durable = MemoryStore(), list[Stored]()
    keeper = Keeper(store, "tn/bc/", on_durable=durable.append, on_lost=lambda _: None)
    for msn in range(3):
        keeper.put(segment(msn))
    keeper.delete("v0/1-0.m4s")
    assert keeper.stored == {}
    await keeper.close(5)
    assert list(keeper.stored) == ["v0/1-1.m4s", "v0/1-2.m4s"]
    body = await store.get("tn/bc/v0/1-1.m4s")
    assert keeper.stored["v0/1-1.m4s"] == Stored("v0/1-1.m4s", 10, hashlib.sha256(body).hexdigest()) == durable[1]


async def test_what_was_given_up_is_not_listed() -> None:
    store = Failing()
    keeper = Keeper(store, "", on_durable=lambda _: None, on_lost=lambda _: None)
    keeper.put(segment(0))
    await keeper.close(0)
    assert keeper.stored == {}


async def test_what_an_earlier_writer_has_stored_is_taken_over_and_can_go() -> None:
    store = MemoryStore()
    keeper = Keeper(store, "tn/bc/", on_durable=lambda _: None, on_lost=lambda _: None)
    earlier = [Stored(f"v0/1-{msn}.m4s", 1, "a" * 64) for msn in (7, 8)]
    await store.put("tn/bc/v0/1-7.m4s", [b"x"])
    keeper.put(segment(9))
    keeper.adopt(earlier)
    keeper.delete("v0/1-7.m4s")
    await keeper.close(5)
    assert list(keeper.stored) == ["v0/1-8.m4s", "v0/1-9.m4s"]
    assert [one.key for one in await store.list("tn/bc/", None, 9)] == ["tn/bc/v0/1-9.m4s"]


async def test_what_is_deleted_before_an_earlier_writers_files_are_known_stays_deleted() -> None:
    keeper = Keeper(MemoryStore(), "tn/bc/", on_durable=lambda _: None, on_lost=lambda _: None)
    keeper.expect()
    keeper.delete("v0/1-7.m4s")
    closing = asyncio.create_task(keeper.close(10))
    await keeper.settled()
    keeper.put(segment(9))
    await keeper.settled()
    assert not closing.done(), "what those files are may bring more to be stored"
    keeper.adopt([Stored(f"v0/1-{msn}.m4s", 1, "a" * 64) for msn in (7, 8)])
    await closing
    assert list(keeper.stored) == ["v0/1-8.m4s", "v0/1-9.m4s"]


class Full(MemoryStore):
    """A store that takes nothing while anything is in it."""

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        if await self.list("", None, 1):
            raise StoreError("The disk is full.")
        await super().put(key, body)


async def test_a_full_disk_gets_room_by_what_is_to_be_deleted_and_is_told_of() -> None:
    store, told = Full(), list[str]()
    keeper = Keeper(
        store, "tn/bc/", on_durable=lambda _: None, on_lost=lambda _: None, on_trouble=told.append, backlog_bytes=1_000
    )
    keeper.put(segment(0))
    keeper.put(segment(1))
    async with asyncio.timeout(10):
        while not told:  # noqa: ASYNC110 - the store is tried in the background
            await asyncio.sleep(0.01)
    keeper.delete("v0/1-0.m4s")
    await keeper.close(10)
    assert [one.key for one in await store.list("", None, 10)] == ["tn/bc/v0/1-1.m4s"]
    assert told == ["The disk is full.", ""]


class Moody(MemoryStore):
    """A store that refuses everything once before it takes it, as a disk that is full does where room is made."""

    def __init__(self) -> None:
        super().__init__()
        self._refused: set[str] = set()

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        if key not in self._refused:
            self._refused.add(key)
            raise StoreError("The disk is full.")
        await super().put(key, body)


async def test_a_store_that_takes_every_other_try_is_one_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "PAUSES_S", (0.0,))
    store, told = Moody(), list[str]()
    keeper = Keeper(store, "", on_durable=lambda _: None, on_lost=lambda _: None, on_trouble=told.append)
    for msn in range(20):
        keeper.put(segment(msn))
        await keeper.settled()
    assert told == ["The disk is full."]
    await keeper.close(10)
    assert told == ["The disk is full.", ""]


async def test_what_is_recorded_stays_and_is_heeded_no_longer() -> None:
    store = MemoryStore()
    keeper = Keeper(store, "tn/bc/", on_durable=lambda _: None, on_lost=lambda _: None, recorded=True)
    for msn in range(3):
        keeper.put(segment(msn))
    await keeper.settled()
    keeper.delete("v0/1-0.m4s")
    assert set(keeper.stored) == {"v0/1-1.m4s", "v0/1-2.m4s"}
    await keeper.close(5)
    assert len(await store.list("tn/", None, 10)) == 3


async def test_what_somebody_else_has_is_neither_put_nor_deleted_any_more() -> None:
    store, lost = Failing(), list[str]()
    await MemoryStore.put(store, "tn/bc/v0/1-0.m4s", (b"x",))
    keeper = Keeper(store, "tn/bc/", on_durable=lambda _: None, on_lost=lost.append)
    keeper.put(segment(1))
    keeper.delete("v0/1-0.m4s")
    await keeper.abandon()
    store.up.set()
    keeper.put(segment(2))
    await keeper.settled()
    await keeper.abandon()
    assert [one.key for one in await store.list("", None, 10)] == ["tn/bc/v0/1-0.m4s"]
    assert (lost, keeper.room) == ([], keeper_module.BACKLOG_BYTES)
