from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import pytest

from origin.live import shelf as shelf_module
from origin.live.shelf import Contents, Shelf, pause_s
from origin.observe import metrics
from origin.stores.manifests import load_manifest
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from packager import inventory, signing
from packager.inventory import Stored
from packager.signing import Place
from tests.support.keys import KEYS, OTHER, SIGNER

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "tn_a/bc_a/"
SEGMENT = Stored("v0/1-0.m4s", 3, hashlib.sha256(b"abc").hexdigest())


class Counting(MemoryStore):
    """A real store that notes what is put, and takes nothing while it is down."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[str] = []
        self.down = False
        self.refused = asyncio.Event()

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        if self.down:
            self.refused.set()
            raise StoreError("It is down.")
        self.puts.append(key)
        await super().put(key, body)


class Room:
    """A shelf, and the broadcast that it is to write, which the test changes."""

    def __init__(self) -> None:
        self.store = Counting()
        self.manifests = {"index.m3u8": b"#EXTM3U\n", "v0/index.m3u8": b"#EXTM3U\n1\n", "a0/index.m3u8": b"#EXTM3U\n"}
        self.media: tuple[Stored, ...] = (SEGMENT,)
        self.complete = False
        self.signer = SIGNER
        self.now = 1_800_000_000.9
        self.turns = 0
        self.shelf = Shelf(
            self.store, PREFIX, contents=self._contents, signer=lambda: self.signer, clock=lambda: self.now
        )

    def _contents(self) -> Contents:
        self.turns += 1
        return Contents(dict(self.manifests), self.media, self.complete)

    async def until_turn(self, number: int) -> None:
        """Until the turn before this one is over."""
        async with asyncio.timeout(10):
            while self.turns < number:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.001)

    async def end(self) -> None:
        self.complete = True
        await self.shelf.close(10)

    async def package(self) -> inventory.Inventory:
        body = await self.store.get(PREFIX + "package.json")
        signature = await self.store.get(PREFIX + "package.json.jws")
        signing.verify(body, signature, Place("bc_a", "package.json"), {**KEYS, OTHER.kid: OTHER.private.public_key()})
        return inventory.read(body)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns follow each other at once."""
    monkeypatch.setattr(shelf_module, "LEAST_PAUSE_S", 0.001)
    monkeypatch.setattr(shelf_module, "PUT_PAUSE_S", 0.0)


async def test_at_the_end_everything_is_there_signed_and_listed() -> None:
    room = Room()
    await room.end()
    package = await room.package()
    assert (package.id, package.created, package.complete) == ("bc_a", 1_800_000_000, True)
    there = {one.key.removeprefix(PREFIX): one.size for one in await room.store.list(PREFIX, None, 99)}
    del there["package.json"], there["package.json.jws"]
    assert {file.name: file.size for file in package.files} == {**there, SEGMENT.name: 3}
    for file in package.files:
        if file != SEGMENT:
            body = await room.store.get(PREFIX + file.name)
            assert hashlib.sha256(body).hexdigest() == file.sha256
    for name, body in room.manifests.items():
        assert await load_manifest(room.store, PREFIX + name, KEYS) == body


async def test_the_package_comes_last_and_each_signature_after_its_file() -> None:
    room = Room()
    await room.end()
    names = [key.removeprefix(PREFIX) for key in room.store.puts]
    assert names == [
        *("index.m3u8", "index.m3u8.jws", "v0/index.m3u8", "v0/index.m3u8.jws"),
        *("a0/index.m3u8", "a0/index.m3u8.jws", "package.json", "package.json.jws"),
    ]


@pytest.mark.usefixtures("quick")
async def test_while_it_goes_on_only_what_changes_is_put_again() -> None:
    room = Room()
    await room.until_turn(4)
    assert len(room.store.puts) == 8
    assert not (await room.package()).complete
    room.manifests["v0/index.m3u8"] = b"#EXTM3U\n2\n"
    await room.until_turn(room.turns + 2)
    assert [key.removeprefix(PREFIX) for key in room.store.puts[8:]] == [
        *("v0/index.m3u8", "v0/index.m3u8.jws", "package.json", "package.json.jws")
    ]
    await room.end()
    assert (await room.package()).complete


@pytest.mark.usefixtures("quick")
async def test_a_store_that_comes_back_gets_it_at_the_next_turn() -> None:
    room = Room()
    room.store.down = True
    failures = metrics.store_failures.labels("manifest")._value
    before = failures.get()
    await room.store.refused.wait()
    await room.until_turn(3)
    assert failures.get() > before
    assert room.store.puts == []
    room.store.down = False
    await room.end()
    assert len((await room.package()).files) == 7


async def test_a_store_that_stays_away_holds_nobody_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "LAST_PAUSE_S", 0.001)
    room = Room()
    room.store.down = True
    await room.end()
    assert room.turns == shelf_module.LAST_TRIES


async def test_a_store_that_hangs_is_left_when_the_time_is_over() -> None:
    class Hanging(Counting):
        async def put(self, key: str, body: Sequence[bytes]) -> None:
            await asyncio.Event().wait()
            await super().put(key, body)

    shelf = Shelf(
        Hanging(),
        PREFIX,
        contents=lambda: Contents({}, (SEGMENT,), complete=True),
        signer=lambda: SIGNER,
        clock=lambda: 1.0,
    )
    await shelf.close(0.01)


async def test_whoever_has_lost_the_broadcast_writes_nothing_more() -> None:
    room = Room()
    await room.shelf.leave()
    assert room.turns == 0
    await room.shelf.leave()


@pytest.mark.usefixtures("quick")
async def test_a_rendition_that_is_gone_takes_its_playlist_along() -> None:
    room = Room()
    await room.until_turn(2)
    del room.manifests["a0/index.m3u8"]
    await room.end()
    assert not [file for file in (await room.package()).files if file.name.startswith("a0")]
    assert not await room.store.list(PREFIX + "a0/", None, 9)


@pytest.mark.usefixtures("quick")
async def test_after_a_rotation_all_is_signed_with_the_new_key() -> None:
    room = Room()
    await room.until_turn(2)
    room.signer = OTHER
    await room.end()
    new = {OTHER.kid: OTHER.private.public_key()}
    for name in room.manifests:
        await load_manifest(room.store, PREFIX + name, new)
    assert len((await room.package()).files) == 7


async def test_a_broadcast_of_which_nothing_is_stored_leaves_nothing() -> None:
    room = Room()
    room.media = ()
    await room.end()
    assert room.store.puts == []


async def test_more_than_can_be_listed_is_no_package_but_manifests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MAX_FILES", 2)
    room = Room()
    await room.end()
    assert len(room.store.puts) == 6
    assert await load_manifest(room.store, PREFIX + "index.m3u8", KEYS)


@pytest.mark.parametrize("puts", range(1, 60))
def test_an_hour_of_turns_costs_a_bounded_number_of_puts(puts: int) -> None:
    """3,600 segments and these stay below 4,000 an hour, with the last turn and the init segments."""
    assert puts * (3_600 / pause_s(puts)) <= 360
    assert pause_s(puts) >= 30


async def test_what_somebody_else_completes_is_left_as_it_is() -> None:
    room = Room()
    await room.shelf.rest(10)
    assert room.store.puts == []
    assert room.turns == 0
