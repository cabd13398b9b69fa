"""A segment that was written ahead becomes the object, or stands in for it until the store has it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.live.ahead import Ahead
from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from packager.commands import Life, Put

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "v0/1-0.m4s"
WHOLE = Put(NAME, (b"one", b"two"), Life.STORED)


async def nothing_below(folder: Path) -> bool:
    return not await asyncio.to_thread(lambda: [path for path in folder.rglob("*") if path.is_file()])


async def test_a_draft_of_the_store_itself_becomes_the_object(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    ahead = Ahead(store, store, "tn/bc/")
    ahead.grow(NAME, [b"one"])
    ahead.grow(NAME, [b"two"])
    await ahead.store(WHOLE)
    assert await store.get(f"tn/bc/{NAME}") == b"onetwo"
    ahead.close()
    await store.close()
    assert await nothing_below(tmp_path / ".spool")


async def test_a_draft_beside_a_store_lasts_until_that_has_the_object(tmp_path: Path) -> None:
    class Failing(MemoryStore):
        up = False

        async def put(self, key: str, body: Sequence[bytes]) -> None:
            if not self.up:
                raise StoreError("down")
            await super().put(key, body)

    place, store = DiskStore(tmp_path), Failing()
    ahead = Ahead(store, place, "tn/bc/")
    ahead.grow(NAME, [b"one", b"two"])
    with pytest.raises(StoreError):
        await ahead.store(WHOLE)
    store.up = True
    await ahead.store(WHOLE)
    assert await store.get(f"tn/bc/{NAME}") == b"onetwo"
    await place.close()
    assert await nothing_below(tmp_path / ".spool")


async def test_a_draft_that_cannot_be_committed_is_written_whole_the_next_time(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    ahead = Ahead(store, store, "tn/bc/")
    ahead.grow(NAME, [b"one"])
    (tmp_path / "tn").write_bytes(b"in the way")
    with pytest.raises(StoreError):
        await ahead.store(WHOLE)
    (tmp_path / "tn").unlink()
    await ahead.store(WHOLE)
    assert await store.get(f"tn/bc/{NAME}") == b"onetwo"
    await store.close()


async def test_what_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    ahead = Ahead(store, store, "tn/bc/")
    for name in ("v0/1-0.m4s", "v0/1-1.m4s"):
        ahead.grow(name, [b"one"])
    ahead.drop("v0/1-0.m4s")
    ahead.drop("v0/1-9.m4s")
    ahead.close()
    await store.close()
    assert await nothing_below(tmp_path)


async def test_without_a_place_only_whole_segments_are_written() -> None:
    store = MemoryStore()
    ahead = Ahead(store, None, "tn/bc/")
    ahead.grow(NAME, [b"one"])
    await ahead.store(WHOLE)
    assert await store.get(f"tn/bc/{NAME}") == b"onetwo"
