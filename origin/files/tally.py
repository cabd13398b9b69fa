"""How far the bytes of one upload have come, counted. Pure: who writes, flushes and notes is `receiver`.

    taken ≥ written ≥ durable       durable: flushed to the disk, and noted in the catalog; the one that is ever told

A flush covers what was written before it began, and what it covers counts only when it has come back without an error
and the catalog has noted it. After an error nobody can say which pages have reached the disk, and the next flush may
well say that all is fine (the kernel marks pages clean that it could not write): so there is no next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FLUSH_BYTES: Final = 8 << 20
"""Written between two flushes: a flush every 64 MiB costs an eighth of the throughput, and this is what a client has to
send again at worst after a power cut."""
FLUSH_S: Final = 1.0
"""Between two flushes while bytes come slowly."""


class OverfullError(Exception):
    """More comes than the upload was to have."""


class BrokenError(Exception):
    """A flush has failed: there is no telling what is on the disk."""


@dataclass(slots=True)
class Tally:
    """Counts of one writer, from the moment at which it took over. Offsets in bytes, moments in seconds."""

    length: int
    durable: int
    taken: int = -1
    written: int = -1
    broken: bool = False
    _flushed: int = -1
    _since: float | None = None
    """When the first byte was written that no flush covers."""

    def __post_init__(self) -> None:
        self.taken = self.written = self._flushed = self.durable

    @property
    def full(self) -> bool:
        """Whether every byte of it is durable."""
        return self.durable == self.length

    @property
    def unflushed(self) -> int:
        """Bytes that are written and that no flush covers."""
        return self.written - self._flushed

    def take(self, size: int) -> None:
        """Count bytes that have come. Raises `OverfullError`, and then has not counted them."""
        if self.taken + size > self.length:
            raise OverfullError
        self.taken += size

    def wrote(self, size: int, now: float) -> None:
        """Count bytes that the file has got."""
        if self.written + size > self.taken:
            raise ValueError("More was written than came.")
        self.written += size
        if size and self._since is None:
            self._since = now

    def is_due(self, now: float) -> bool:
        """Whether it is time to flush."""
        waited = self._since is not None and now - self._since >= FLUSH_S
        return waited or self.unflushed >= FLUSH_BYTES

    def flush_begins(self) -> int:
        """Give the offset that a flush will cover which begins now. Raises `BrokenError`."""
        if self.broken:
            raise BrokenError
        return self.written

    def flushed(self, mark: int) -> None:
        """Count a flush that has come back without an error."""
        if self.broken:
            raise BrokenError
        self._flushed = max(self._flushed, mark)
        if self.written == self._flushed:
            self._since = None

    def noted(self, mark: int) -> None:
        """Count what the catalog has noted: from now on it may be told."""
        if not self.durable <= mark <= self._flushed:
            raise ValueError("What is noted must be flushed, and never less than before.")
        self.durable = mark

    def flush_failed(self) -> None:
        """Remember that nothing is certain any more."""
        self.broken = True
