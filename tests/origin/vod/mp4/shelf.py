"""Recordings in a store, and as the origin asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.vod.mp4.source import StoredSegment
from tests.packager.feed import AAC, VIDEO, mixed, pictures, sound
from tests.packager.mp4.recording import Recording, record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from origin.stores.protocol import ObjectStore

PREFIX = "tn_a/bc_b/"


@dataclass
class Shelved:
    """A recording below a prefix; `asked` counts how often its segments were listed."""

    recording: Recording
    prefix: str = PREFIX
    asked: int = 0

    async def inits(self) -> Sequence[str]:
        return list(dict.fromkeys(init for _, init in self.recording.segments))

    async def segments(self) -> AsyncIterator[StoredSegment]:
        self.asked += 1
        for name, init in self.recording.segments:
            yield StoredSegment(name, init, len(self.recording.objects[name]))


async def shelve(store: ObjectStore, recording: Recording, prefix: str = PREFIX) -> Shelved:
    for name, body in recording.objects.items():
        await store.put(prefix + name, (body,))
    return Shelved(recording, prefix)


def film(seconds: float = 7, *, start: float = 0) -> Recording:
    pair = (VIDEO, pictures(seconds, b_frames=True, start=start)), (AAC, sound(seconds, start=start))
    return record(([VIDEO, AAC], mixed(*pair)))
