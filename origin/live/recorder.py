"""Writes a recorded broadcast down as it goes on, a row for each segment that playlists listed, and ends with it.

    shown → waiting for the store → durable, or lost → row → catalog, some seconds' worth at a time

A crash loses no row for good: what is not written down yet stands in the log or the journal, and whoever goes on with
the broadcast, or completes it, finds it there. Rows are fenced like everything that a writer says of its broadcast, by
its stream's lease; after the end by the lease of the asset, which is this writer's until all is written down.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import making
from origin.errors import Problem
from origin.observe import metrics
from packager.names import is_init, rendition_of
from packager.recorded import Recorded, RecordedInit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.track import Track
    from origin.catalog.on_air import Writer
    from origin.live.means import Means
    from packager.hls.segment import Segment
    from packager.inventory import Stored
    from packager.presentation import Presentation

WRITE_S: Final = 3.0
"""Rows are gathered for so long: well within the shortest window (10 s), in which a crash finds them again."""
MAX_ROWS: Final = 100_000
"""Of a catalog that is away, 0.5 KB each: a day of two renditions. Older ones are given up then."""
MAX_WRITTEN: Final = 1_000
"""Rows in one transaction, which holds up others for some ten milliseconds."""

_log = structlog.get_logger(__name__)


class Recorder:
    """The recording of one broadcast by one writer; `known` are the names that earlier ones have written down."""

    def __init__(self, means: Means, writer: Writer, known: Iterable[str] = ()) -> None:
        self._means = means
        self._writer = writer
        self._known = set(known)
        self._seen: dict[str, int] = {}
        self._waiting: dict[str, Segment] = {}
        self._fates: dict[str, str] = {}
        self._rows: deque[Recorded] = deque()
        self._tracks: dict[str, Track] = {}
        self._stored: dict[str, Stored] = {}
        self._told: dict[str, RecordedInit] = {}
        self._over = False
        self._hurry = asyncio.Event()
        self.done = asyncio.Event()
        """Nothing more comes from here."""
        self.whole = False
        """All is written down."""
        self._task = asyncio.create_task(self._run(), name=f"recorder {writer.broadcast_id}")

    @property
    def listed(self) -> bool:
        """Whether playlists have listed any segment."""
        return bool(self._seen)

    def look(self, shown: Presentation) -> None:
        """See what is listed that was not before. Never waits."""
        if not self._tracks.items() >= shown.inits.items():
            self._tracks |= shown.inits
        for name, window in shown.windows.items():
            first = max(self._seen.get(name, -1) + 1, window.media_sequence)
            if first < window.open_msn:
                for segment in window.segments[first - window.media_sequence :]:
                    self._list(name, segment)
                self._seen[name] = window.open_msn - 1

    def durable(self, stored: Stored) -> None:
        """The store has an object."""
        if is_init(stored.name):
            self._stored[stored.name] = stored
            return
        self._decide(stored.name, stored.sha256)

    def lost(self, name: str) -> None:
        """The store did not take an object, and never will."""
        if not is_init(name):
            self._decide(name, "")

    def end(self) -> None:
        """The broadcast has ended, and its asset is this writer's to complete; what is not durable yet may still be."""
        self._over = True

    @property
    def undecided(self) -> list[str]:
        """Names of listed segments of which it is not known whether the store has them."""
        return list(self._waiting)

    async def close(self) -> None:
        """Write the rest down, and the asset is whole; what is undecided is a gap. Returns when that is done."""
        for name in self.undecided:
            self.lost(name)
        self._hurry.set()
        await self.done.wait()

    async def leave(self) -> None:
        """Write down what is known, in one try, and stop; somebody else goes on."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(Problem):
            await self._write()

    def _list(self, rendition: str, segment: Segment) -> None:
        name = f"{rendition}/{segment.file}"
        if name in self._known:
            return
        fate = "" if segment.gap else self._fates.pop(name, None)
        if fate is None:
            self._waiting[name] = segment
        else:
            self._rows.append(Recorded.of(rendition, segment, fate))

    def _decide(self, name: str, sha256: str) -> None:
        """What became of a segment; where others are told first, the store may be faster than what lists it."""
        segment = self._waiting.pop(name, None)
        if segment:
            self._rows.append(Recorded.of(rendition_of(name), segment, sha256))
        elif name not in self._known:
            self._fates[name] = sha256

    async def _run(self) -> None:
        try:
            while not await self._turn():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WRITE_S):
                        await self._hurry.wait()
        finally:
            self.done.set()

    async def _turn(self) -> bool:
        """Write down what has come; True when nothing is left to do here."""
        try:
            ours = await self._write()
            if self._hurry.is_set() and ours and not self._rows:
                return await self._hand_over()
        except Problem as problem:
            metrics.catalog_failures.labels("recording").inc()
            _log.warning("recording_not_written", broadcast_id=self._writer.broadcast_id, problem=str(problem))
            self._bound()
            await asyncio.sleep(WRITE_S if self._hurry.is_set() else 0)
            return False
        if not ours:
            _log.error("recording_lost_to_another", broadcast_id=self._writer.broadcast_id)
        return not ours

    async def _hand_over(self) -> bool:
        writer, now = self._writer, self._means.clock()
        await self._means.catalog.write(
            lambda conn: making.complete(conn, writer.broadcast_id, writer.lease.owner, now)
        )
        self.whole = True
        return True

    async def _write(self) -> bool:
        """Write rows, and renew the lease of an asset; False if this writer has lost its lease."""
        while True:
            now = self._means.clock()
            segments = [self._rows[index] for index in range(min(len(self._rows), MAX_WRITTEN))]
            inits = self._fresh_inits()
            if not (segments or inits or self._over):
                return True
            work = partial(
                making.write_down, writer=self._writer, segments=segments, inits=inits, now=now, over=self._over
            )
            if not await self._means.catalog.write(work):
                return False
            for _ in segments:
                self._rows.popleft()
            self._told |= {init.name: init for init in inits}
            if not self._rows:
                return True

    def _fresh_inits(self) -> list[RecordedInit]:
        """Those that were not told yet, or as another track: frame rates are measured when some frames have come."""
        known = {
            name: RecordedInit(name, self._tracks[name], stored.size, stored.sha256)
            for name, stored in self._stored.items()
            if name in self._tracks
        }
        return [init for name, init in known.items() if self._told.get(name) != init]

    def _bound(self) -> None:
        while len(self._rows) > MAX_ROWS:
            self._rows.popleft()
            metrics.store_failures.labels("unrecorded").inc()
