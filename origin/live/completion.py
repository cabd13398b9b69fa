"""Completes recordings whose writer was gone before all was written down, though their broadcasts had ended.

    log or journal → what was listed last → rows that are missing: read back, saved from drafts, or gaps → whole

Without log and journal the rows stay as they are: all but the last seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import assets, making, recordings
from origin.errors import Problem
from origin.live import succession
from origin.live.silent_parts import fill_some
from origin.live.so_far import in_store, so_far
from origin.observe import metrics
from packager.inventory import Stored
from packager.names import rendition_of
from packager.recorded import Recorded, RecordedInit

if TYPE_CHECKING:
    from origin.catalog.assets import Asset
    from origin.live.means import Means
    from packager.hls.segment import Segment
    from packager.presentation import Presentation

LOOK_S: Final = 5.0
"""How often to look for such recordings; nobody waits for them but who wants to play one that lately ended."""

_log = structlog.get_logger(__name__)


class Completion:
    """One worker of this node. `run` must be running."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._worker = f"{means.owner}/completion"

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.complete_all()
            await asyncio.sleep(LOOK_S)

    async def complete_all(self) -> int:
        """Complete what there is, as far as catalog and store allow; how many."""
        done = 0
        try:
            while (await self._waiting()) and (asset := await self._take()):
                await self._complete(asset)
                done += 1
        except Problem as problem:
            metrics.catalog_failures.labels("recording").inc()
            _log.warning("recordings_not_completed", problem=str(problem))
        return done

    async def _waiting(self) -> list[Asset]:
        """Whether there is anything to do: reading costs others less than to look in a transaction that writes."""
        return await self._means.catalog.read(lambda conn: assets.unfinished(conn, whole=False, limit=1))

    async def _take(self) -> Asset | None:
        now = self._means.clock()
        return await self._means.catalog.write(lambda conn: making.take(conn, self._worker, now, whole=False))

    async def _complete(self, asset: Asset) -> None:
        """Raises `Problem` while the catalog or the store fails; the lease runs out then, and somebody tries again."""
        means = self._means
        await means.unsent.deliver(asset.prefix)
        presentation = await self._recall(asset.package)
        if presentation:
            await self._write_missing(asset, presentation)
        while not await fill_some(means, asset.tenant_id, asset.package, self._worker):
            pass
        now = means.clock()
        await means.catalog.write(lambda conn: making.complete(conn, asset.package, self._worker, now))
        if means.shared is None:
            means.logbook.forget(asset.package)
        _log.info("recording_completed", asset_id=asset.id, broadcast_id=asset.package)

    async def _recall(self, broadcast_id: str) -> Presentation | None:
        if self._means.shared is None:
            return await succession.recall(self._means.logbook, broadcast_id)
        return await succession.recall_shared(self._means.shared.journal, broadcast_id)

    async def _write_missing(self, asset: Asset, presentation: Presentation) -> None:
        means = self._means
        known = await so_far(means, asset.package, presentation)
        found = {each.name: each for each in await in_store(means.store, asset.prefix, known.unknown)}
        savings = await succession.find_savings(means, asset.package, asset.prefix)
        segments: list[Recorded] = []
        for window in presentation.windows.values():
            for segment in window.segments:
                name = f"{window.name}/{segment.file}"
                if name not in known.rows:
                    stored = found.get(name) or await self._save(asset, name, segment, savings)
                    segments.append(Recorded.of(window.name, segment, stored.sha256 if stored else ""))
        inits = [_init(found[name], presentation) for name in presentation.inits.keys() & found.keys()]
        await means.catalog.write(lambda conn: recordings.fill(conn, asset.tenant_id, asset.package, segments))
        await means.catalog.write(lambda conn: recordings.add_inits(conn, asset.tenant_id, asset.package, inits))
        savings.discard()

    async def _save(self, asset: Asset, name: str, segment: Segment, savings: succession.Savings) -> Stored | None:
        """Store a segment whose parts were put aside; None where they were not."""
        if segment.gap:
            return None
        body = b"".join(await savings.parts(rendition_of(name), segment.parts))
        if len(body) != segment.size:
            return None
        await self._means.store.put(asset.prefix + name, (body,))
        return Stored(name, len(body), hashlib.sha256(body).hexdigest())


def _init(stored: Stored, presentation: Presentation) -> RecordedInit:
    return RecordedInit(stored.name, presentation.inits[stored.name], stored.size, stored.sha256)
