"""A backup publisher: it sends all the time, and is put on the air when the primary stops.

It publishes with the stream's key and `-backup` behind it. What it has sent since its last key frame is kept, so that
viewers go on with its next part. A primary that comes back takes over again, and the backup goes on waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from media.track import Kind, Track
from origin.live.farewell import Farewell

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.sample import Frame
    from origin.live.publication import Publication

SUFFIX: Final = "-backup"
MOST_FRAMES: Final = 2_048
"""Kept since the last key frame: ten seconds of 60 pictures and 94 sounds are 1,540."""
MOST_BYTES: Final = 16 << 20
"""Of them: ten seconds at 13 Mbit/s. Beyond either, the next key frame is waited for."""

FRESH_S: Final = 1.0
"""A frame within this time: less than what makes a primary silent (`vigil`), so that both are not judged by one gap."""


def split(key: str) -> tuple[str, bool]:
    """The stream's key, and whether it is a backup that comes with it."""
    return key.removesuffix(SUFFIX), key.endswith(SUFFIX)


class Standby:
    """What a backup's frames go to: kept, or handed on while it is on the air. `on_close` hears that it has gone."""

    def __init__(self, on_close: Callable[[Standby], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.farewell: asyncio.Future[Farewell] = self._loop.create_future()
        self._on_close = on_close
        self._tracks: dict[Kind, Track] = {}
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._came_at = self._loop.time()
        self._on_air: Publication | None = None

    @property
    def publication(self) -> Publication | None:
        """What it is on the air with."""
        return self._on_air

    @property
    def fresh(self) -> bool:
        """Whether it sends: one that is as silent as the primary is of no help."""
        return self._loop.time() - self._came_at < FRESH_S

    def set_track(self, track: Track) -> None:
        """As Publication."""
        self._tracks[track.kind] = track
        if self._on_air:
            self._on_air.set_track(track)

    def push(self, frame: Frame) -> None:
        """As Publication."""
        self._came_at = self._loop.time()
        if self._on_air:
            self._on_air.push(frame)
        else:
            self._keep(frame)

    def remark(self, code: str, sentence: str) -> None:
        """As Publication, while it is on the air; nobody reads of it before."""
        if self._on_air:
            self._on_air.remark(code, sentence)

    def close(self, reason: str) -> None:
        """As Publication."""
        self._on_close(self)
        on_air, self._on_air = self._on_air, None
        if on_air:
            on_air.close(reason)

    def part(self, code: str, sentence: str) -> None:
        """As Publication."""
        if not self.farewell.done():
            self.farewell.set_result(Farewell(code, sentence))

    def promote(self, publication: Publication) -> None:
        """Go on the air, from the last key frame on."""
        self._on_air = publication
        publication.farewell.add_done_callback(lambda farewell: self._heard(publication, farewell))
        for track in self._tracks.values():
            publication.set_track(track)
        frames, self._frames = self._frames, deque()
        if frames:  # or all of them would be dated as if they were new
            publication.expect_burst(frames[-1], self._loop.time() - self._came_at)
        for frame in frames:
            publication.push(frame)

    def demote(self) -> None:
        """Go off the air, and wait again."""
        on_air, self._on_air = self._on_air, None
        self._frames.clear()
        if on_air:
            on_air.close("the primary is back")

    def _keep(self, frame: Frame) -> None:
        if frame.kind is Kind.VIDEO and frame.key:
            self._frames.clear()
            self._bytes = 0
        self._frames.append(frame)
        self._bytes += len(frame.data)
        if len(self._frames) > MOST_FRAMES or self._bytes > MOST_BYTES:
            self._frames.clear()
            self._bytes = 0

    def _heard(self, publication: Publication, farewell: asyncio.Future[Farewell]) -> None:
        if self._on_air is publication and not farewell.cancelled():
            self.part(farewell.result().code, farewell.result().sentence)
