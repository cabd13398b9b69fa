"""Goes on with a broadcast whose writer is gone: from its log, and what it had saved of what is not stored.

    log → presentation → open segments closed with their saved parts → (`mending`: the store is looked through)

Viewers see the same playlist: numbers and decode times go on, and the next publisher begins a discontinuity.
"""

from __future__ import annotations

import asyncio
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from origin.stores.protocol import ObjectMissing, StoreError
from packager.diary import DiaryError, apply
from packager.names import segment_of
from packager.pipeline import LivePackager
from packager.presentation import Presentation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from origin.bus.journals.protocol import Journal
    from origin.live.means import Means
    from origin.stores.logbook import Logbook
    from origin.stores.protocol import Appendable, Draft, ObjectStore
    from packager.commands import Command
    from packager.hls.segment import Part
    from packager.pipeline import LiveSettings

PAGE: Final = 1_000
"""Objects listed in one go."""

_log = structlog.get_logger(__name__)


class Savings(Protocol):
    """Bytes that the writer had put aside before they were durable."""

    async def parts(self, rendition: str, parts: Sequence[Part]) -> list[bytes]:
        """The bytes of parts of one segment, in order, up to the first that is not there."""

    def discard(self) -> None:
        """All of it is durable elsewhere by now."""


class NoSavings:
    """Nothing was put aside."""

    async def parts(self, rendition: str, parts: Sequence[Part]) -> list[bytes]:  # noqa: ARG002, D102 - as Savings
        return []

    def discard(self) -> None:  # noqa: D102 - as Savings
        pass


class DraftSavings:
    """Segments that were written ahead (`ahead`) into `place`, and those that became objects before the log said so."""

    def __init__(self, place: Appendable, store: ObjectStore, prefix: str, sizes: Mapping[str, int]) -> None:
        self._place = place
        self._store = store
        self._prefix = prefix
        self._sizes = sizes
        self._drafts: list[Draft] = []

    @classmethod
    async def find(cls, place: Appendable, store: ObjectStore, prefix: str) -> DraftSavings:
        """Look for what a dead process has left."""
        return cls(place, store, prefix, {draft.key: draft.size for draft in await place.drafts(prefix)})

    async def parts(self, rendition: str, parts: Sequence[Part]) -> list[bytes]:  # noqa: D102 - as Savings
        ends = list(accumulate(part.size for part in parts))
        key = self._prefix + segment_of(f"{rendition}/{parts[0].file}") if parts else ""
        body = await self._read(key, ends)
        whole = [end for end in ends if end <= len(body)]
        return [body[end - part.size : end] for end, part in zip(whole, parts, strict=False)]

    async def _read(self, key: str, ends: Sequence[int]) -> bytes:
        """What there is of a segment, to the end of a part; its draft is kept for `discard`."""
        size = max((end for end in ends if end <= self._sizes.get(key, 0)), default=0)
        if size:
            draft = await self._place.adopt(key, size)
            self._drafts.append(draft)
            return await draft.read()
        return await self._read_object(key, ends[-1]) if ends else b""

    async def _read_object(self, key: str, end: int) -> bytes:
        """The first `end` bytes of a segment that is an object by now; a recording's may be large."""
        try:
            return b"".join([chunk async for chunk in self._store.stream(key, 0, end)])
        except ObjectMissing:  # it was not finished either
            return b""
        except StoreError as error:
            _log.warning("segment_unread", key=key, problem=str(error))
            return b""

    def discard(self) -> None:  # noqa: D102 - as Savings
        for draft in self._drafts:
            draft.discard()


class JournalSavings:
    """Parts that the journal still has."""

    def __init__(self, journal: Journal, broadcast_id: str) -> None:
        self._journal = journal
        self._broadcast_id = broadcast_id

    async def parts(self, rendition: str, parts: Sequence[Part]) -> list[bytes]:  # noqa: D102 - as Savings
        found: list[bytes] = []
        for part in parts:
            body = await self._journal.body(self._broadcast_id, f"{rendition}/{part.file}")
            if body is None:
                break
            found.append(body)
        return found

    def discard(self) -> None:  # noqa: D102 - as Savings
        pass


async def find_savings(means: Means, broadcast_id: str, prefix: str) -> Savings:
    """Look where this node's kind puts things aside."""
    if means.shared is not None:
        return JournalSavings(means.shared.journal, broadcast_id)
    if means.drafts is not None:
        return await DraftSavings.find(means.drafts, means.store, prefix)
    return NoSavings()


async def recall_shared(journal: Journal, broadcast_id: str) -> Presentation | None:
    """As `recall`, from the journal. Raises `BusError`."""
    past = await journal.past(broadcast_id)
    return None if past is None else await asyncio.to_thread(_replay, [past.snapshot, *past.entries])


async def recall(logbook: Logbook, broadcast_id: str) -> Presentation | None:
    """The presentation that a broadcast's log describes; None where nothing was shown yet, or no log is there."""
    return await asyncio.to_thread(lambda: _replay(logbook.read(broadcast_id)))


def _replay(entries: Iterable[bytes]) -> Presentation | None:
    presentation = Presentation()
    try:
        for entry in entries:
            apply(presentation, entry)
    except DiaryError as error:
        _log.warning("log_damaged", problem=str(error))
    return presentation if presentation.ready else None


async def stored_names(store: ObjectStore, prefix: str) -> dict[str, int]:
    """Sizes of a broadcast's objects by their names."""
    found: dict[str, int] = {}
    after = None
    while page := await store.list(prefix, after, PAGE):
        found |= {stored.key.removeprefix(prefix): stored.size for stored in page}
        after = page[-1].key
    return found


async def resume(
    settings: LiveSettings, presentation: Presentation, savings: Savings
) -> tuple[LivePackager, list[Command]]:
    """Close what was open; the commands are to be carried out before anything else."""
    bodies: dict[str, tuple[bytes, ...]] = {}
    for window in presentation.windows.values():
        saved = await savings.parts(window.name, window.open_parts)
        for part, body in zip(window.open_parts, saved, strict=False):
            bodies[f"{window.name}/{part.file}"] = (body,)
    return LivePackager.resume(settings, presentation, bodies)
