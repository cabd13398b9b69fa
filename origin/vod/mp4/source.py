"""What a download is made of, as this room asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment that is there, and its init segment, by their names relative to the playback id; `size` in bytes."""

    name: str
    init: str
    size: int


class Source(Protocol):
    """A recording that nothing is added to any more."""

    @property
    def prefix(self) -> str:
        """What the keys of its objects begin with; names follow."""

    async def inits(self) -> Sequence[str]:
        """Names of all init segments that segments name."""

    def segments(self) -> AsyncIterator[StoredSegment]:
        """All segments that are no gaps; those of one rendition in order of their numbers."""
