"""Makes the plan of a recording's file from the heads of its segments.

A head is read where it stands, some hundred bytes of each part, a few segments at a time; tables grow in a thread. So
the event loop only hands things on, and an hour costs a second of a disk.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from origin.errors import Problem
from origin.stores.peeking import peek
from origin.stores.protocol import ObjectMissing
from packager.mp4 import BadSegmentError, CannotJoinError, Planner, walk
from packager.mp4.description import MAX_INIT_BYTES
from packager.names import rendition_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Generator, Iterable, Sequence

    from origin.stores.protocol import ObjectStore
    from origin.stores.workers import Workers
    from origin.vod.mp4.source import Source, StoredSegment
    from packager.mp4 import Plan
    from packager.mp4.fragment import Fragment

READS: Final = 8
"""Segments looked into at once: a remote store answers in 20 ms, so that 400 a second are read; a disk needs two."""
BATCH: Final = 64
"""Segments that are added to the tables in one go of some milliseconds; their heads take 10 KB each meanwhile."""


async def build(source: Source, store: ObjectStore, workers: Workers) -> Plan:
    """Read all heads and plan the file.

    Raises:
        Problem: `recording_damaged`, `download_unfit`, or the store's.
    """
    try:
        return await _build(source, store, workers)
    except ObjectMissing as error:
        raise Problem("recording_damaged", "A segment of this recording is gone from the store.") from error
    except BadSegmentError as error:
        raise Problem("recording_damaged", f"The recording cannot be put together: {error}.") from error
    except CannotJoinError as error:
        sentence = f"This recording cannot be one MP4: {error}. Play or fetch its HLS playlist, index.m3u8, instead."
        raise Problem("download_unfit", sentence) from error


async def _build(source: Source, store: ObjectStore, workers: Workers) -> Plan:
    names = await source.inits()
    renditions = _chosen(names)
    inits = {name: await _init(store, source.prefix + name) for name in names if rendition_of(name) in renditions}
    planner = await workers.run(partial(Planner, inits))
    async for batch in _batches(source.segments(), renditions):
        heads = await _all_heads(batch, source.prefix, store)
        await workers.run(partial(_add, planner, batch, heads))
    return await workers.run(planner.finish)


def _chosen(inits: Iterable[str]) -> Collection[str]:
    """The first rendition of pictures and the first of sound: what was published, before any other of a ladder."""
    names = sorted({rendition_of(name) for name in inits}, key=lambda name: (len(name), name))
    first = {name[0]: name for name in reversed(names)}
    return set(first.values())


async def _init(store: ObjectStore, key: str) -> bytes:
    body = b"".join([chunk async for chunk in store.stream(key, 0, MAX_INIT_BYTES + 1)])
    if len(body) > MAX_INIT_BYTES:
        raise BadSegmentError("an init segment is larger than any that is written")
    return body


async def _batches(
    segments: AsyncIterator[StoredSegment], renditions: Collection[str]
) -> AsyncIterator[list[StoredSegment]]:
    batch: list[StoredSegment] = []
    async for segment in segments:
        if rendition_of(segment.name) in renditions:
            batch.append(segment)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


async def _all_heads(batch: Sequence[StoredSegment], prefix: str, store: ObjectStore) -> list[list[Fragment]]:
    """The parts of each segment, READS at a time. One that fails stops the others."""
    room = asyncio.Semaphore(READS)

    async def heads(segment: StoredSegment) -> list[Fragment]:
        async with room:
            return await peek(store, prefix + segment.name, partial(_parts, segment.size), segment.size)

    tasks = [asyncio.ensure_future(heads(segment)) for segment in batch]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _parts(expected: int, size: int) -> Generator[tuple[int, int], bytes, list[Fragment]]:
    if size != expected:
        raise BadSegmentError("a segment has not the size that was written down")
    return (yield from walk(size))


def _add(planner: Planner, batch: Sequence[StoredSegment], heads: Sequence[Sequence[Fragment]]) -> None:
    for segment, parts in zip(batch, heads, strict=True):
        planner.add(segment.name, segment.init, parts)
