"""What the packager asks of the origin: bytes to keep, names to forget."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Life(StrEnum):
    """How long the bytes of a `Put` are wanted."""

    EDGE = "edge"
    """Newest moments only: a part, for viewers or for whoever goes on after a crash; its segment has the same bytes."""
    STORED = "stored"
    """Until a `Delete`: an init segment or a whole segment, to be made durable."""


@dataclass(frozen=True, slots=True)
class Put:
    """Keep `body` under `name` (for example `v0/1-7.3.m4s`), relative to the broadcast.

    `body` is a tuple of chunks, to be read one after the other: a segment shares those of its parts, nothing is copied.
    """

    name: str
    body: tuple[bytes, ...]
    life: Life

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(map(len, self.body))


@dataclass(frozen=True, slots=True)
class Delete:
    """No player may ask for `name` any more (RFC 8216bis, 6.2.2): it can be removed."""

    name: str


Command = Put | Delete
