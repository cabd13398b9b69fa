"""Recordings in the catalog, as films: whose they are, what they are called, and which segments they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.catalog import assets, recordings
from origin.errors import Problem
from origin.vod.mp4.source import Source, StoredSegment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from origin.catalog.assets import Asset
    from origin.catalog.database import Catalog
    from packager.recorded import Recorded

PAGE: Final = 2_000
"""Rows read at a time, 1 MB: two renditions of half an hour in segments of 2 s."""
RETRY_AFTER_S: Final = 5
"""An asset is finished some seconds after its broadcast has ended."""


@dataclass(frozen=True, slots=True)
class Film:
    """What is asked for: the id that it is played under, what it is called, and where its segments are."""

    playback_id: str
    name: str
    source: Source


class CatalogFilms:
    """Films of all tenants: who may see which was decided by a token before."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def film(self, playback_id: str) -> Film:
        """The film under this id.

        Raises:
            Problem: `not_found`, `download_preparing` while the asset is being finished, `recording_damaged` where that
                failed, or the catalog's.
        """
        asset = await self._catalog.read(lambda conn: assets.by_playback_id(conn, playback_id))
        if asset is None:
            raise Problem("not_found", "Only a recording can be downloaded; this is none, or it was deleted.")
        if asset.state == assets.FAILED:
            raise Problem("recording_damaged", "This recording could not be finished; the asset says why.")
        if asset.state != assets.READY:
            again = ("retry-after", str(RETRY_AFTER_S))
            raise Problem("download_preparing", "The recording is being finished; try again in a moment.", (again,))
        return Film(playback_id, asset.name, RecordedSource(self._catalog, asset))


class RecordedSource:
    """What was written down of a recording, as `Source`."""

    def __init__(self, catalog: Catalog, asset: Asset) -> None:
        self.prefix = asset.prefix
        self._catalog = catalog
        self._of = asset.package

    async def inits(self) -> Sequence[str]:
        """As Source."""
        found = await self._catalog.read(lambda conn: recordings.inits(conn, self._of))
        return [init.name for init in found]

    async def segments(self) -> AsyncIterator[StoredSegment]:
        """As Source. A segment whose init segment was not stored cannot be played, and counts as a gap."""
        inits, after = set(await self.inits()), ("", -1)
        while page := await self._page(after):
            for row in page:
                if not row.gap and row.init_name in inits:
                    yield StoredSegment(row.stored.name, row.init_name, row.size)
            after = page[-1].rendition, page[-1].msn

    async def _page(self, after: tuple[str, int]) -> Sequence[Recorded]:
        return await self._catalog.read(lambda conn: recordings.segments(conn, self._of, after, PAGE))
