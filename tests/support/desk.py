"""A desk that lets in who has the right key, and writes down what comes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from origin.errors import Problem
from origin.live.farewell import Farewell

if TYPE_CHECKING:
    from media.sample import Frame
    from media.track import Kind, Track


@dataclass
class RecordedPublication:
    """One publication, as the ingest reported it."""

    farewell: asyncio.Future[Farewell]
    tracks: list[Track] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    faulty: bool = False

    def set_track(self, track: Track) -> None:
        self.tracks.append(track)

    def push(self, frame: Frame) -> None:
        if self.faulty:
            raise RuntimeError("the pipeline is broken")
        self.frames.append(frame)

    def remark(self, code: str, sentence: str) -> None:
        self.remarks.append((code, sentence))

    def close(self, reason: str) -> None:
        self.closed.append(reason)
        self.over.set()
        if self.faulty:
            raise RuntimeError("the pipeline is broken at its end, too")

    def of(self, kind: Kind) -> list[Frame]:
        return [frame for frame in self.frames if frame.kind is kind]


class RecordingDesk:
    """Takes over as the real one does: the second publisher with a key sends the first one home."""

    def __init__(self, *keys: str) -> None:
        self.keys = set(keys)
        self.publications: list[RecordedPublication] = []
        self.on_air: dict[str, RecordedPublication] = {}
        self.opened = asyncio.Event()

    async def open(self, stream_key: str, protocol: str, peer: str) -> RecordedPublication:
        assert protocol in ("rtmp", "rtmps")
        assert peer
        await asyncio.sleep(0)
        if stream_key not in self.keys:
            raise Problem("unauthorized", "No stream has this key.")
        before = self.on_air.get(stream_key)
        if before is not None and not before.farewell.done():
            before.farewell.set_result(Farewell("taken_over", "Another encoder publishes with this key now."))
        publication = RecordedPublication(asyncio.get_running_loop().create_future())
        self.on_air[stream_key] = publication
        self.publications.append(publication)
        self.opened.set()
        return publication
