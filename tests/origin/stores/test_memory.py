from __future__ import annotations

import pytest

from origin.stores.memory import MemoryStore
from origin.stores.protocol import CHUNK_BYTES, ObjectMissing, StoredObject, StoreError


async def test_an_object_is_a_copy_of_its_chunks() -> None:
    store = MemoryStore()
    chunks = [b"abc", b"def"]
    await store.put("a", chunks)
    chunks[0] = b"xyz"
    assert await store.get("a") == b"abcdef"
    assert await store.size("a") == 6


async def test_every_store_is_another_one() -> None:
    one, two = MemoryStore.open("memory:"), MemoryStore.open("memory:")
    await one.put("a", (b"x",))
    assert await two.size("a") is None
    with pytest.raises(ObjectMissing):
        await two.get("a")


async def test_nothing_is_done_if_one_of_the_keys_is_none() -> None:
    store = MemoryStore()
    await store.put("a", (b"x",))
    with pytest.raises(ValueError, match="is not a key"):
        await store.delete(["a", "../b"])
    assert await store.list("", None, 10) == [StoredObject("a", 1)]
    await store.delete(["a", "b"])
    assert await store.list("", None, 10) == []


async def test_lists_go_by_the_order_of_keys() -> None:
    store = MemoryStore()
    for key in ("b/2", "a", "b/1", "b-1"):
        await store.put(key, (b"",))
    assert [entry.key for entry in await store.list("b", None, 2)] == ["b-1", "b/1"]
    assert [entry.key for entry in await store.list("b", "b/1", 2)] == ["b/2"]


async def test_a_range_is_streamed_in_chunks_until_the_store_is_closed() -> None:
    store = MemoryStore()
    await store.put("a", (bytes(3 * CHUNK_BYTES),))
    assert [len(chunk) async for chunk in store.stream("a", 1)] == [CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES - 1]
    stream = store.stream("a", CHUNK_BYTES, 2 * CHUNK_BYTES + 1)
    assert len(await anext(stream)) == CHUNK_BYTES
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await anext(stream)


def test_nothing_follows_the_colon() -> None:
    with pytest.raises(StoreError, match="nothing behind it"):
        MemoryStore.open("memory:a")
