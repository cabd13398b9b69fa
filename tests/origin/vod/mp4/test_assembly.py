from __future__ import annotations

import asyncio
import itertools
import random
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.stores.memory import MemoryStore
from origin.stores.table import open_store
from origin.vod.mp4 import assembly, plan_file
from origin.vod.mp4.assembly import CutShortError, assemble, portions
from origin.vod.mp4.build import build
from origin.vod.mp4.plan_file import PlanFile, Stretch
from tests.origin.vod.mp4.shelf import PREFIX, film, shelve
from tests.packager.mp4.recording import Recording, record, whole
from tests.packager.mp4.test_peers import run
from tests.support import clips, s3

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from origin.stores.protocol import ObjectStore
    from origin.stores.workers import Workers

FILM = film()
RUNS = [clips.video(seconds=3, size=size) for size in ((320, 180), (426, 240))]
CHANGED = record(*(run(clip, clips.audio(seconds=3), start=4 * place) for place, clip in enumerate(RUNS)))


def planned(recording: Recording, folder: Path) -> PlanFile:
    plan_file.write(recording.plan(), folder / "as_a.plan")
    return PlanFile(folder / "as_a.plan")


async def read(plan: PlanFile, store: ObjectStore, workers: Workers, start: int, end: int) -> bytes:
    chunks = [chunk async for chunk in assemble(plan, store, PREFIX, workers, start=start, end=end)]
    assert all(0 < len(chunk) <= assembly.PORTION_BYTES for chunk in chunks)
    return b"".join(chunks)


@pytest.mark.parametrize("recording", [FILM, CHANGED], ids=["as it came", "with sets put in"])
async def test_the_file_from_random_ranges_is_the_file(
    store: ObjectStore, workers: Workers, tmp_path: Path, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "STRETCHES", 5)
    monkeypatch.setattr(assembly, "PORTION_BYTES", 10_000)
    await shelve(store, recording)
    plan, expected = planned(recording, tmp_path), whole(recording)
    assert await read(plan, store, workers, 0, plan.size) == expected
    chance = random.Random(4)  # noqa: S311 - ranges, no secrets
    edges = sorted({0, plan.size, plan.header_size, *(chance.randrange(plan.size) for _ in range(40))})
    pieces = {edge: await read(plan, store, workers, edge, end) for edge, end in itertools.pairwise(edges)}
    assert b"".join(pieces[edge] for edge in sorted(pieces)) == expected


@given(st.lists(st.integers(1, 30), max_size=12), st.integers(1, 20))
def test_portions_are_the_same_bytes(lengths: list[int], most: int) -> None:
    stretches = [Stretch(None, 5, length, bytes([place]) * length) for place, length in enumerate(lengths)]
    with mock.patch.object(assembly, "PORTION_BYTES", most):
        cut = list(portions(stretches))
    assert b"".join(each.data for portion in cut for each in portion) == b"".join(each.data for each in stretches)
    sizes = [sum(each.length for each in portion) for portion in cut]
    assert set(sizes[:-1]) <= {most}
    assert all(0 < size <= most for size in sizes)
    assert all(each.length == len(each.data) > 0 for portion in cut for each in portion)


async def test_an_object_that_has_become_shorter(store: ObjectStore, workers: Workers, tmp_path: Path) -> None:
    await shelve(store, FILM)
    plan = planned(FILM, tmp_path)
    name = FILM.segments[2][0]
    await store.put(PREFIX + name, (FILM.objects[name][:200],))
    with pytest.raises(CutShortError):
        await read(plan, store, workers, 0, plan.size)
    await store.delete([PREFIX + name])
    with pytest.raises(CutShortError):
        await read(plan, store, workers, 0, plan.size)


class Watched(MemoryStore):
    """Counts the reads that were begun, and those that are open."""

    begun = 0
    held = 0

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self.begun += 1
        self.held += 1
        try:
            async for chunk in super().stream(key, start, end):
                yield chunk
        finally:
            self.held -= 1


async def test_each_segment_is_opened_once_and_two_at_a_time(workers: Workers, tmp_path: Path) -> None:
    store, most = Watched(), 0
    await shelve(store, FILM)
    plan = planned(FILM, tmp_path)
    async for _ in assemble(plan, store, PREFIX, workers, start=0, end=plan.size):
        most = max(most, store.held)
    assert store.begun == len(FILM.segments)
    assert most <= 2
    assert store.held == 0


async def test_who_stops_leaves_nothing_open(workers: Workers, tmp_path: Path) -> None:
    big = record(run(clips.video(seconds=20, size=(640, 360)), clips.audio(seconds=20)))
    store = Watched()
    await shelve(store, big)
    plan = planned(big, tmp_path)
    chunks = assemble(plan, store, PREFIX, workers, start=0, end=plan.size)
    await anext(chunks)
    await anext(chunks)
    assert store.held > 0
    assert store.begun < len(big.segments)
    await chunks.aclose()
    assert store.held == 0
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_a_far_jump_within_an_object_is_not_read_through(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No object of ours has a gap so long; but a plan must not make a server read gigabytes for nothing."""
    monkeypatch.setattr(assembly, "_FAR", -1)
    store = Watched()
    await shelve(store, FILM)
    plan = planned(FILM, tmp_path)
    assert await read(plan, store, workers, 0, plan.size) == whole(FILM)
    assert store.begun > len(FILM.segments)


@pytest.mark.parametrize("server", [s3.rclone, s3.moto])
async def test_a_bucket_is_read_by_ranges(
    server: Callable[[], s3.Endpoint], workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    store = open_store(server().store_url())
    source = await shelve(store, CHANGED)
    made = await build(source, store, workers)
    assert made.tag == CHANGED.plan().tag
    plan, expected = planned(CHANGED, tmp_path), whole(CHANGED)
    assert await read(plan, store, workers, 0, plan.size) == expected
    assert await read(plan, store, workers, plan.size // 3, plan.size // 2) == expected[plan.size // 3 : plan.size // 2]
    await store.close()
