from __future__ import annotations

import asyncio
import errno
import os
import threading
from typing import TYPE_CHECKING

import pytest

from origin.errors import Problem
from origin.files.receiver import MOST_KEPT, BrokenDiskError, Pace, Receiver, surely
from origin.files.tally import Tally
from origin.stores.workers import Workers
from tests.origin.files.yard import LeftError, source_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from origin.files.receiver import Source

QUICK = Pace(idle_s=0.2, window_s=60.0)


class Notes:
    """Who remembers."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.refusal: Problem | None = None

    async def note(self, offset: int) -> None:
        if self.refusal:
            raise self.refusal
        self.offsets.append(offset)


class Bench:
    """A receiver on a file."""

    def __init__(self, path: Path, length: int, pace: Pace = QUICK) -> None:
        self.path, self.notes, self.workers = path, Notes(), Workers("files", 2, 16)
        self.tally = Tally(length, 0)
        self.handle = os.open(path, os.O_WRONLY | os.O_CREAT)
        self.receiver = Receiver(self.handle, self.tally, self.notes, self.workers, pace)

    async def receive(self, source: Source) -> None:
        await self.receiver.receive(source)

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "file", 1 << 30)
    yield made
    await made.workers.close()
    os.close(made.handle)


async def forever() -> bytes | None:
    await asyncio.Event().wait()
    return None


def then_nothing(*chunks: bytes) -> Source:
    first = source_of(chunks)

    async def source() -> bytes | None:
        chunk = await first()
        return await forever() if chunk is None else chunk

    return source


async def until_noted(bench: Bench) -> None:
    async with asyncio.timeout(20):
        while not bench.notes.offsets:  # noqa: ASYNC110 - looks from outside
            await asyncio.sleep(0.01)


async def test_all_that_comes_is_written_and_noted(bench: Bench) -> None:
    await bench.receive(source_of([b"abc", b"", b"def"] * 500))
    assert bench.content == b"abcdef" * 500
    assert bench.notes.offsets[-1] == bench.tally.durable == 3000


async def test_nothing_is_nothing(bench: Bench) -> None:
    await bench.receive(source_of([]))
    assert (bench.notes.offsets, bench.tally.durable) == ([], 0)


async def test_what_came_before_a_client_left_is_kept(bench: Bench) -> None:
    with pytest.raises(LeftError):
        await bench.receive(source_of([b"abc", b"def", LeftError()]))
    assert bench.content == b"abcdef"
    assert bench.tally.durable == 6


async def test_who_is_put_out_keeps_what_came(bench: Bench) -> None:
    task = asyncio.create_task(bench.receive(then_nothing(b"abc")))
    while not bench.tally.taken:  # noqa: ASYNC110 - looks from outside
        await asyncio.sleep(0)
    bench.receiver.stop(Problem("upload_superseded", "Another."))
    bench.receiver.stop(Problem("draining", "Too late to matter."))
    with pytest.raises(Problem, match="Another"):
        await task
    assert bench.tally.durable == 3


async def test_who_is_cancelled_keeps_what_came(bench: Bench) -> None:
    task = asyncio.create_task(bench.receive(then_nothing(b"abc")))
    while not bench.tally.taken:  # noqa: ASYNC110 - looks from outside
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.tally.durable == 3


async def test_what_comes_slowly_is_safe_while_it_comes(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "file", 100, Pace(idle_s=60))
    task = asyncio.create_task(bench.receive(then_nothing(b"abc")))
    await until_noted(bench)
    assert bench.notes.offsets == [3]
    bench.receiver.stop(Problem("draining", "."))
    await asyncio.gather(task, return_exceptions=True)
    await bench.workers.close()


async def test_who_sends_nothing_is_not_waited_for(bench: Bench) -> None:
    with pytest.raises(Problem) as caught:
        await bench.receive(then_nothing(b"abc"))
    assert (caught.value.code, bench.tally.durable) == ("request_timeout", 3)


async def test_who_sends_too_slowly_neither(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "file", 10_000, Pace(idle_s=60, window_s=0.3, window_bytes=1000))

    async def drip() -> bytes:
        await asyncio.sleep(0.01)
        return b"x"

    with pytest.raises(Problem, match="at least 1000 bytes"):
        await bench.receive(drip)
    assert bench.tally.durable == len(bench.content) > 3
    await bench.workers.close()


async def test_more_than_was_announced_is_not_taken(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "file", 5)
    with pytest.raises(Problem) as caught:
        await bench.receive(source_of([b"abc", b"def"]))
    assert (caught.value.code, bench.content, bench.tally.durable) == ("body_too_large", b"abc", 3)
    await bench.workers.close()


async def test_a_full_disk_is_told_and_nothing_follows_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "file", 1 << 20)
    full = Receiver(os.open("/dev/full", os.O_WRONLY), bench.tally, bench.notes, bench.workers, QUICK)
    with pytest.raises(Problem) as caught:
        await full.receive(source_of([b"abc"] * 1000))
    assert (caught.value.code, caught.value.status) == ("storage_full", 507)
    assert (bench.tally.durable, bench.notes.offsets) == (0, [])
    await bench.workers.close()


async def test_a_flush_that_fails_is_not_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def fail(handle: int) -> None:
        calls.append(handle)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(BrokenDiskError, match="Input"):
        await bench.receive(source_of([b"abc"]))
    assert (calls, bench.tally.durable, bench.tally.broken) == ([bench.handle], 0, True)


async def test_what_cannot_be_noted_is_not_durable(bench: Bench) -> None:
    bench.notes.refusal = Problem("upload_superseded", "It is over.")
    with pytest.raises(Problem, match="It is over"):
        await bench.receive(source_of([b"abc"]))
    assert bench.tally.durable == 0


async def test_a_disk_that_hangs_stops_the_reading(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "file", 1 << 30, Pace(idle_s=0.2, window_s=0.2))
    hanging, read = threading.Event(), 0
    for _ in range(2):
        bench.workers.soon(hanging.wait)

    async def source() -> bytes | None:
        nonlocal read
        read += 1
        return bytes(64 * 1024) if read <= 200 else None

    task = asyncio.create_task(bench.receive(source))
    await asyncio.sleep(0.5)  # longer than a client may be idle: it is not the client that is slow
    assert not task.done()
    assert read * 64 * 1024 <= 2 * MOST_KEPT + 128 * 1024
    hanging.set()
    await task
    assert bench.tally.durable == 200 * 64 * 1024
    await bench.workers.close()


async def test_surely_means_to_the_end() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.05)
        ended.set()

    task = asyncio.create_task(surely(work()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
