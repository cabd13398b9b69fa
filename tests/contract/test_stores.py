"""What every store must do. A new one is tested by being listed in STORES and given a URL in `urls.STORES_AT`."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from origin.stores.peeking import peek
from origin.stores.protocol import (
    CHUNK_BYTES,
    Adopting,
    ObjectMissing,
    StoredObject,
    StoreError,
)
from origin.stores.table import STORES, open_store
from tests.contract.urls import STORES_AT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator
    from pathlib import Path

    from origin.stores.protocol import ObjectStore

BAD_KEYS = [
    "",
    "/",
    "/etc/passwd",
    "a//b",
    "a/",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    ".drafts/x",
    "a/.hidden",
    "a\\b",
    "a\x00b",
    "a b",
    "ä",
    "a\n",
    "x" * 201,
    "/".join(["x" * 100] * 6),
]


LISTS: list[tuple[str, str | None, list[str]]] = [
    # prefix, after, what is listed of a, b-c, b/a, b/b/c, ba
    ("b", None, ["b-c", "b/a", "b/b/c", "ba"]),
    ("b/", None, ["b/a", "b/b/c"]),
    ("b/b", None, ["b/b/c"]),
    ("b/b/", "b/a", ["b/b/c"]),
    ("b", "b/a", ["b/b/c", "ba"]),
    ("b", "b/b", ["b/b/c", "ba"]),
    ("b", "b/zz", ["ba"]),
    ("b", "bz", []),
    ("a", "b", []),
    ("", "b-", ["b-c", "b/a", "b/b/c", "ba"]),
    ("b/a/", None, []),
    ("zz/yy", None, []),
]
BAD_PREFIXES = ["/", "../", "a/../", ".", "a//", "a/.b", "x" * 513]


@pytest_asyncio.fixture(params=list(STORES_AT))
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    store = open_store(STORES_AT[request.param](tmp_path))
    yield store
    await store.close()


def test_every_kind_is_tried() -> None:
    assert {name.split()[0] for name in STORES_AT} == set(STORES)


async def read(store: ObjectStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.stream(key, start, end)])


async def keys(store: ObjectStore, prefix: str = "", after: str | None = None, limit: int = 1000) -> list[str]:
    return [entry.key for entry in await store.list(prefix, after, limit)]


async def test_what_is_put_can_be_got(store: ObjectStore) -> None:
    await store.put("tn_a/bc_b/v0/1-7.m4s", (b"abc", b"", b"def"))
    assert await store.get("tn_a/bc_b/v0/1-7.m4s") == b"abcdef"
    assert await store.size("tn_a/bc_b/v0/1-7.m4s") == 6
    assert await read(store, "tn_a/bc_b/v0/1-7.m4s") == b"abcdef"


@pytest.mark.parametrize("body", [(), (b"",)])
async def test_an_object_may_be_empty(store: ObjectStore, body: tuple[bytes, ...]) -> None:
    await store.put("a", body)
    assert await store.get("a") == b""
    assert await store.size("a") == 0
    assert await read(store, "a") == b""


@pytest.mark.parametrize("size", [0, 7, 70 << 20])  # the last one goes to S3 in parts
async def test_a_file_can_be_taken(store: ObjectStore, tmp_path: Path, size: int) -> None:
    file, block = tmp_path / "file", os.urandom(1 << 20)
    file.write_bytes((block * (size // len(block) + 1))[:size])
    assert isinstance(store, Adopting)
    await store.put("tn/objects/ve", (b"old",))
    await store.take("tn/objects/ve", file)
    assert await store.size("tn/objects/ve") == size
    assert await read(store, "tn/objects/ve", size - 5 if size else 0) == (block * 70)[:size][-5:]
    with pytest.raises(ValueError, match="not a key"):
        await store.take("../x", file)


async def test_a_file_that_is_not_there_is_no_object(store: ObjectStore, tmp_path: Path) -> None:
    assert isinstance(store, Adopting)
    with pytest.raises((StoreError, OSError)):
        await store.take("tn/objects/ve", tmp_path / "none")
    assert await store.size("tn/objects/ve") is None


async def test_the_last_put_counts(store: ObjectStore) -> None:
    await store.put("a/b", (b"long content",))
    await store.put("a/b", (b"short",))
    assert await store.get("a/b") == b"short"
    assert await store.list("", None, 10) == [StoredObject("a/b", 5)]


async def test_what_is_not_there_is_missing(store: ObjectStore) -> None:
    await store.put("a/b", (b"x",))
    for key in ("c", "a", "a/c", "a/b/c"):
        with pytest.raises(ObjectMissing) as caught:
            await store.get(key)
        assert (caught.value.key, caught.value.code, caught.value.status) == (key, "not_found", 404)
        with pytest.raises(ObjectMissing):
            await read(store, key)
        assert await store.size(key) is None


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, None),
        (0, 0),
        (5, 5),
        (1, 2),
        (CHUNK_BYTES - 1, CHUNK_BYTES + 1),
        (CHUNK_BYTES, None),
        (3 * CHUNK_BYTES - 1, 10**9),
        (10**9, None),
        (10**9, 2 * 10**9),
    ],
)
async def test_a_range_is_streamed_in_chunks(store: ObjectStore, start: int, end: int | None) -> None:
    body = bytes(range(251)) * (3 * CHUNK_BYTES // 251)
    await store.put("a", (body,))
    chunks = [chunk async for chunk in store.stream("a", start, end)]
    assert b"".join(chunks) == body[start:end]
    assert all(0 < len(chunk) <= CHUNK_BYTES for chunk in chunks)


async def test_a_stream_goes_on_as_it_was_when_the_object_changes(store: ObjectStore) -> None:
    body = b"a" * (2 * CHUNK_BYTES)
    for change in (store.delete(["x"]), store.put("x", (b"b" * (2 * CHUNK_BYTES),))):
        await store.put("x", (body,))
        stream = store.stream("x")
        first = await anext(stream)
        await change
        assert first + b"".join([chunk async for chunk in stream]) == body


async def test_a_stream_lets_others_run(store: ObjectStore) -> None:
    await store.put("a", (bytes(8 * CHUNK_BYTES),))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(count())
    assert sum([1 async for _ in store.stream("a")]) == 8
    other.cancel()
    assert turns >= 8


async def test_deleting_removes_those_named_and_no_others(store: ObjectStore) -> None:
    for key in ("a/b/1", "a/b/2", "a/c", "d"):
        await store.put(key, (b"x",))
    await store.delete(["a/b/1", "a/b/2", "never/was", "d"])
    assert await keys(store) == ["a/c"]
    await store.delete([])
    await store.put("a/b/1", (b"again",))
    assert await store.get("a/b/1") == b"again"


async def test_lists_are_by_order_of_keys_and_in_pages(store: ObjectStore) -> None:
    everything = sorted(["a", "b-c", "b.d", "b/a", "b/a-1", "b0", "c/d/e/f", "c/d/e/g", "c/d0", "ca/x", "d", "B"])
    for key in reversed(everything):
        await store.put(key, (key.encode(),))
    assert await keys(store) == everything
    pages, after = [], None
    while page := await keys(store, "", after, 5):
        pages.append(page)
        after = page[-1]
    assert pages == [everything[0:5], everything[5:10], everything[10:]]
    assert await keys(store, limit=0) == []
    assert (await store.list("c/d/e/f", None, 1)) == [StoredObject("c/d/e/f", 7)]


async def test_lists_begin_where_they_are_asked_to(store: ObjectStore) -> None:
    for key in ("a", "b-c", "b/a", "b/b/c", "ba"):
        await store.put(key, (b"",))
    assert [(prefix, after, await keys(store, prefix, after)) for prefix, after, _ in LISTS] == LISTS


async def test_bad_keys_are_refused_everywhere(store: ObjectStore) -> None:
    for key in BAD_KEYS:
        for call in (store.put(key, (b"x",)), store.get(key), store.size(key), store.delete(["a", key])):
            with pytest.raises(ValueError, match=re.escape(f"{key!r} is not a key")):
                await call
        with pytest.raises(ValueError, match=re.escape(f"{key!r} is not a key")):
            await read(store, key)


async def test_bad_prefixes_are_refused(store: ObjectStore) -> None:
    for prefix in BAD_PREFIXES:
        with pytest.raises(ValueError, match=re.escape(f"{prefix!r} is not the beginning of a key")):
            await store.list(prefix, None, 10)


async def test_calls_at_once_do_not_mix_their_objects(store: ObjectStore) -> None:
    """Readers meet whole objects only, while two writers replace one and a third removes its neighbours' folder."""
    bodies = [letter * 300_000 for letter in (b"a", b"b")]
    await store.put("x/y", (bodies[0],))

    async def write(body: bytes) -> None:
        for _ in range(10):
            await store.put("x/y", (body,))

    async def come_and_go() -> None:
        for _ in range(10):
            await store.put("n/o/p", (b"",))
            await store.delete(["n/o/p"])

    writing = asyncio.gather(*map(write, bodies), come_and_go(), come_and_go())
    while not writing.done():
        assert await store.get("x/y") in bodies
    await writing


async def test_a_closed_store_says_so(store: ObjectStore) -> None:
    await store.close()
    await store.close()
    for call in (store.put("a", ()), store.get("a"), store.size("a"), store.delete(["a"]), store.list("", None, 1)):
        with pytest.raises(StoreError, match="closed"):
            await call


def here_and_there(size: int) -> Generator[tuple[int, int], bytes, list[bytes]]:
    first, last = (yield 0, 2), (yield size - 2, size)
    middle, beyond = (yield 100_000, 100_004), (yield size - 1, size + 5)
    return [first, last, middle, beyond, (yield size, size + 1)]


async def test_an_object_can_be_looked_into(store: ObjectStore) -> None:
    body = bytes(range(256)) * 800
    await store.put("a/b", (body,))
    assert await peek(store, "a/b", here_and_there) == [body[:2], body[-2:], body[100_000:100_004], body[-1:], b""]
    with pytest.raises(ObjectMissing):
        await peek(store, "a/c", here_and_there)


async def test_who_looks_may_object(store: ObjectStore) -> None:
    def refuses(size: int) -> Generator[tuple[int, int], bytes, None]:
        yield 0, size
        raise ValueError("no")

    await store.put("a", (b"x",))
    with pytest.raises(ValueError, match="no"):
        await peek(store, "a", refuses)
