"""Writes segments ahead while they are made, so that a crash costs no more than the last part.

Where the store itself takes drafts, the draft becomes the object and every byte is written once. Where it is far away,
drafts on the local disk stand in until the store has the whole segment.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from origin.stores.protocol import Appendable, Draft, ObjectStore
    from packager.commands import Put


class Ahead:
    """Drafts by name, in `place`; None where there is no place for any."""

    def __init__(self, store: ObjectStore, place: Appendable | None, prefix: str) -> None:
        self._store = store
        self._place = place
        self._in_store = cast("object", place) is store
        self._prefix = prefix
        self._drafts: dict[str, Draft] = {}

    def grow(self, segment: str, chunks: Sequence[bytes]) -> None:
        """Write what has come of a segment."""
        if self._place is None:
            return
        with contextlib.suppress(StoreError):  # then it is only written when it is whole
            draft = self._drafts.get(segment)
            if draft is None:
                draft = self._drafts[segment] = self._place.draft(self._prefix + segment)
            draft.append(chunks)

    async def store(self, put: Put) -> None:
        """Make the whole object durable. Raises `StoreError`; it may be tried again."""
        draft = self._drafts.get(put.name)
        if draft is not None and self._in_store:
            del self._drafts[put.name]
            try:
                await draft.commit()
            except StoreError:
                draft.discard()
                raise
            return
        await self._store.put(self._prefix + put.name, put.body)
        self.drop(put.name)

    def drop(self, name: str) -> None:
        """Give up a draft, if there is one."""
        draft = self._drafts.pop(name, None)
        if draft is not None:
            draft.discard()

    def close(self) -> None:
        """Give up all drafts."""
        for name in tuple(self._drafts):
            self.drop(name)
