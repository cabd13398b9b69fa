"""The store in a bucket over a bad line, and in a bucket that is not its own alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import boto3
import pytest
import pytest_asyncio

from origin.observe.metrics import REGISTRY
from origin.stores import s3 as room
from origin.stores.protocol import CHUNK_BYTES, ObjectMissing, StoredObject, StoreError
from origin.stores.s3 import S3Store
from origin.stores.s3_client import Patience
from tests.support import s3
from tests.support.faulty_proxy import Fault, FaultyProxy, faulty_proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from mypy_boto3_s3 import S3Client

PATIENCE = Patience(connect_s=5, read_s=5, tries=3, call_s=30)
SHORT = Patience(connect_s=0.5, read_s=0.5, tries=2, call_s=30)
NOWHERE = "http://127.0.0.1:1/"
BODY = bytes(range(256)) * (3 * CHUNK_BYTES // 256)
PASSING = {
    "500": Fault(answer=(500, "")),
    "503": Fault(answer=(503, "<Error><Code>SlowDown</Code></Error>")),
    "reset": Fault(reset=True),
    "lost answer": Fault(swallow=True),
}


@pytest.fixture
def proxy() -> Iterator[FaultyProxy]:
    with faulty_proxy(s3.rclone().url) as proxy:
        yield proxy


@asynccontextmanager
async def through(proxy: FaultyProxy, patience: Patience = PATIENCE) -> AsyncIterator[S3Store]:
    store = await asyncio.to_thread(S3Store.open, s3.Endpoint(proxy.url).store_url(), patience)
    proxy.seen.clear()
    try:
        yield store
    finally:
        proxy.closing.set()
        await store.close()


@pytest_asyncio.fixture(params=[s3.rclone, s3.moto])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[S3Store]:
    store = await asyncio.to_thread(S3Store.open, request.param().store_url())
    yield store
    await store.close()


def client_of(store: S3Store) -> tuple[S3Client, str]:
    """A client of S3 beside the store's, and the prefix of the store's keys."""
    client = boto3.client("s3", endpoint_url=store._place.endpoint, region_name="us-east-1")
    return client, store._place.prefix


async def read(store: S3Store, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.stream(key, start, end)])


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_what_fails_once_comes_out_right(proxy: FaultyProxy, fault: Fault) -> None:
    async with through(proxy) as store:
        proxy.then(fault)
        await store.put("a", (BODY,))
        proxy.then(fault)
        assert await store.get("a") == BODY
        proxy.then(fault)
        assert await read(store, "a", 5) == BODY[5:]
        proxy.then(fault)
        assert await store.size("a") == len(BODY)
        proxy.then(fault)
        assert await store.list("", None, 10) == [StoredObject("a", len(BODY))]
        proxy.then(fault)
        await store.delete(["a"])
        assert [method for method, _, _ in proxy.seen] == ["POST", "POST"]
        assert await store.size("a") is None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(answer=(500, "")), r"was 500 \(HTTP 500\)"),
        (PASSING["503"], "asks to slow down"),
        (Fault(reset=True), "connection"),
        (Fault(hang=True), "No answer came in time"),
    ],
)
async def test_what_fails_again_and_again_is_told_and_passes(proxy: FaultyProxy, fault: Fault, reason: str) -> None:
    async with through(proxy, SHORT) as store:
        await store.put("a", (b"x",))
        for call in (store.put("a", (b"x",)), store.get("a"), store.list("", None, 10), store.delete(["a"])):
            proxy.then(*[fault] * SHORT.tries)
            with pytest.raises(StoreError, match=reason):
                await call
        await store.put("a", (b"y",))
        assert await store.get("a") == b"y"


async def test_a_read_goes_on_where_the_connection_broke(proxy: FaultyProxy) -> None:
    async with through(proxy) as store:
        await store.put("a", (BODY,))
        proxy.then(Fault(cut=CHUNK_BYTES + 1000), Fault(cut=5000))
        assert await read(store, "a", 10) == BODY[10:]
        ranges = [headers["Range"] for _, _, headers in proxy.seen]
        last = len(BODY) - 1
        assert ranges == ["bytes=10-", *[f"bytes={CHUNK_BYTES + at}-{last}" for at in (1010, 6010)]]
        proxy.then(Fault(cut=5000))
        assert await store.get("a") == BODY
        proxy.then(*[Fault(cut=0)] * 4)
        with pytest.raises(StoreError, match=r"ended early|broke"):
            await store.get("a")


async def test_a_read_does_not_go_on_in_another_object(proxy: FaultyProxy) -> None:
    async with through(proxy) as store:
        await store.put("a", (BODY,))
        proxy.then(Fault(cut=2 * CHUNK_BYTES))
        stream = store.stream("a")
        assert await anext(stream) == BODY[:CHUNK_BYTES]
        await store.put("a", (BODY[::-1],))
        with pytest.raises(StoreError, match="was replaced"):
            assert [chunk async for chunk in stream] == [BODY[CHUNK_BYTES : 2 * CHUNK_BYTES]]
        proxy.then(Fault(cut=1000))
        stream = store.stream("a")
        deleting = Fault(answer=(404, "<Error><Code>NoSuchKey</Code></Error>"))
        proxy.faults.append(deleting)
        with pytest.raises(ObjectMissing):
            await anext(stream)


async def test_a_call_has_an_end_though_bytes_trickle(proxy: FaultyProxy) -> None:
    async with through(proxy, Patience(connect_s=5, read_s=5, tries=1, call_s=0.5)) as store:
        await store.put("a", (BODY,))
        proxy.then(Fault(trickle=True))
        with pytest.raises(StoreError, match="No answer came in time from the bucket headwater-test"):
            await store.get("a")


async def test_nobody_there_is_told(proxy: FaultyProxy) -> None:
    async with through(proxy, SHORT) as store:
        store._client.meta.events.register("before-send.s3", lambda request, **_: setattr(request, "url", NOWHERE))
        with pytest.raises(StoreError, match="No connection can be made to the bucket headwater-test at http://127"):
            await store.put("a", (b"x",))


async def test_an_endpoint_without_ranges_serves_ranges_all_the_same() -> None:
    with faulty_proxy(s3.moto().url) as proxy:  # which does not mind that a signed header is missing
        async with through(proxy) as store:
            await store.put("a", (BODY,))
            for start, end in [(1, 2), (CHUNK_BYTES + 3, 2 * CHUNK_BYTES + 7), (5, None), (10**9, None), (7, 10**9)]:
                proxy.then(Fault(without="Range"))
                assert await read(store, "a", start, end) == BODY[start:end]


async def test_an_abandoned_stream_closes_its_connection(proxy: FaultyProxy) -> None:
    async with through(proxy) as store:
        await store.put("a", (bytes(32 << 20),))
        stream = store.stream("a")
        assert len(await anext(stream)) == CHUNK_BYTES
        await stream.aclose()  # type: ignore[attr-defined]  # the protocol promises an iterator; this one is a generator
        assert await asyncio.to_thread(proxy.left.wait, 30)
        assert proxy.sent < 32 << 20


async def test_a_stream_that_is_cancelled_while_it_waits_closes_its_connection(proxy: FaultyProxy) -> None:
    async with through(proxy) as store:
        await store.put("a", (BODY,))
        proxy.then(Fault(trickle=True))
        reading = asyncio.ensure_future(read(store, "a"))
        await asyncio.to_thread(proxy.wait_for, 1)
        reading.cancel()
        await asyncio.wait([reading])
        await store.close()  # which waits for all threads, and would for this one
        assert await asyncio.to_thread(proxy.left.wait, 30)
        assert proxy.sent < len(BODY)


async def test_connections_are_used_again(proxy: FaultyProxy) -> None:
    async with through(proxy) as store:
        for number in range(20):
            await store.put("a", (BODY,))
            assert await store.get("a") == BODY
            assert await read(store, "a", number, -number or None) == BODY[number : -number or None] or number
        assert proxy.connections < 5


async def test_what_is_damaged_on_its_way_is_refused(proxy: FaultyProxy) -> None:
    async with through(proxy) as store:
        await store.put("a", (b"right",))
        proxy.then(Fault(damage=True))
        with pytest.raises(StoreError, match="arrived damaged and was refused"):
            await store.put("a", (b"other",))
        assert await store.get("a") == b"right"


async def test_what_could_not_be_deleted_is_told(proxy: FaultyProxy) -> None:
    async with through(proxy) as store:
        said = "<DeleteResult><Error><Key>k</Key><Code>{}</Code></Error></DeleteResult>"
        proxy.then(Fault(answer=(200, said.format("AccessDenied"))))
        with pytest.raises(StoreError, match=r"1 of 2 objects could not be deleted\. These credentials may not"):
            await store.delete(["a", "b"])
        proxy.then(Fault(answer=(200, said.format("NoSuchKey"))))
        await store.delete(["a", "b"])


async def test_many_are_deleted_and_listed_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert room.PAGE == 1_000  # the most that S3 takes, which a test need not fill
    monkeypatch.setattr(room, "PAGE", 10)
    names = [f"x/{number:02}" for number in range(23)]
    with faulty_proxy(s3.moto().url) as proxy:
        async with through(proxy) as store:
            await asyncio.gather(*(store.put(name, (b"",)) for name in names))
            proxy.then()
            assert [entry.key for entry in await store.list("x/", None, 500)] == names
            assert [entry.key for entry in await store.list("x/", names[4], 11)] == names[5:16]
            assert len(proxy.seen) == 3 + 2
            proxy.then()
            await store.delete(names)
            assert [method for method, _, _ in proxy.seen] == ["POST", "POST", "POST"]
            assert await store.list("", None, 10) == []


async def test_what_is_not_ours_is_passed_over(store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    client, prefix = client_of(store)
    for key in (".hidden/x", "a b", "b/.c"):
        client.put_object(Bucket=s3.BUCKET, Key=prefix + key, Body=b"")
    await store.put("c", (b"x",))
    await store.put("zz", (b"y",))
    assert await store.list("", None, 1) == [StoredObject("c", 1)]
    assert await store.list("", "c", 1) == [StoredObject("zz", 1)]
    monkeypatch.setattr(room, "MAX_PAGES", 2)
    with pytest.raises(StoreError, match="give it a prefix of its own"):
        await store.list("", None, 1)


async def test_objects_say_what_they_are(store: S3Store) -> None:
    client, prefix = client_of(store)
    await store.put("bc/a0/1-7.m4s", (b"x",))
    head = client.head_object(Bucket=s3.BUCKET, Key=f"{prefix}bc/a0/1-7.m4s")
    if store.abilities.conditional_writes:  # moto keeps headers, rclone has no place for them on a disk
        assert (head["ContentType"], head["CacheControl"]) == ("audio/mp4", "public, max-age=31536000, immutable")
    await store.put("bc/index.m3u8", (b"x",))
    assert await store.get("bc/index.m3u8") == b"x"


async def test_a_crowd_of_reads_does_not_hold_up_writes(proxy: FaultyProxy) -> None:
    async with through(proxy) as store:
        await store.put("a", (b"x",))
        proxy.then(*[Fault(hang=True)] * room.READ_THREADS)
        crowd = [asyncio.ensure_future(store.size("a")) for _ in range(2 * room.READ_THREADS)]
        await asyncio.to_thread(proxy.wait_for, room.READ_THREADS)
        await store.put("b", (b"x",))
        assert not any(each.done() for each in crowd)
        proxy.closing.set()
        assert set(await asyncio.gather(*crowd)) == {1}


def requests(operation: str) -> float:
    return REGISTRY.get_sample_value("headwater_store_requests_total", {"operation": operation}) or 0.0


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("put", lambda store: store.put("a", (b"x",))),
        ("get", lambda store: store.get("a")),
        ("head", lambda store: store.size("a")),
        ("list", lambda store: store.list("", None, 10)),
        ("delete", lambda store: store.delete(["b"])),
    ],
)
async def test_every_try_is_counted(
    proxy: FaultyProxy, operation: str, call: Callable[[S3Store], Awaitable[object]]
) -> None:
    async with through(proxy) as store:
        await store.put("a", (b"x",))
        before = requests(operation)
        proxy.then(PASSING["503"])
        await call(store)
        assert requests(operation) - before == 2
