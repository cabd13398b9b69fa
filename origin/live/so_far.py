"""What is written down of a recording that somebody else has begun, for whoever goes on with it or completes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.catalog import recordings
from origin.live.recount import read_back

if TYPE_CHECKING:
    from origin.live.means import Means
    from origin.stores.protocol import ObjectStore
    from packager.hls.window import Window
    from packager.inventory import Stored
    from packager.presentation import Presentation
    from packager.recorded import Recorded, RecordedInit


@dataclass(frozen=True, slots=True)
class SoFar:
    """`rows` of the segments that windows list, by name, and all init segments.

    `unknown` are the names that are listed, but not written down; or as gaps, when the writer stopped while the store
    was away (see `unsent`).
    """

    rows: dict[str, Recorded]
    inits: dict[str, RecordedInit]
    unknown: list[str]

    @property
    def stored(self) -> list[Stored]:
        """What is known to be in the store."""
        listed = [row.stored for row in self.rows.values() if not row.gap]
        return [*(init.stored for init in self.inits.values()), *listed]


async def so_far(means: Means, broadcast_id: str, presentation: Presentation) -> SoFar:
    """Read it. The presentation is the one that was last told, before anything in it is mended."""
    windows = list(presentation.windows.values())
    numbers = {window.name: window.media_sequence for window in windows}
    rows = await means.catalog.read(lambda conn: recordings.since(conn, broadcast_id, numbers))
    inits = await means.catalog.read(lambda conn: recordings.inits(conn, broadcast_id))
    written = {f"{row.rendition}/{row.file}": row for row in rows}
    shown = {name for window in windows for name in _names(window)}
    known = {name: row for name, row in written.items() if not (row.gap and name in shown)}
    by_name = {init.name: init for init in inits}
    unknown = [name for window in windows for name in _names(window) if name not in known and name not in by_name]
    return SoFar(known, by_name, list(dict.fromkeys(unknown)))


async def in_store(store: ObjectStore, prefix: str, names: list[str]) -> list[Stored]:
    """Those of some objects that are in the store, read back: a few seconds of media. Raises `StoreError`."""
    return [found for name in names if (found := await read_back(store, prefix + name, name))]


def _names(window: Window) -> list[str]:
    files = [file for each in window.segments if not each.gap for file in (each.init, each.file)]
    return [f"{window.name}/{file}" for file in files]
