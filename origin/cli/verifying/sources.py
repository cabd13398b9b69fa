"""What a check asks of the place that a package is read from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class FileError(Exception):
    """A file cannot be had. `problem` is `missing`, `unreadable` or `size`; the text is a sentence about "it"."""

    def __init__(self, problem: str, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = problem


class FileMissing(FileError):  # noqa: N818 - says what it is
    """There is no such file."""

    def __init__(self) -> None:
        super().__init__("missing", "It is missing.")


@dataclass(frozen=True, slots=True)
class Digest:
    """Bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


class Source(Protocol):
    """The files of one package by their names. Calls may run at once."""

    async def get(self, name: str, most: int) -> bytes:
        """Give a whole file of at most `most` bytes. Raises FileError."""

    async def digest(self, name: str, most: int) -> Digest:
        """Read a file, but not much further than `most` bytes: then the answer is that of what was read.

        Raises FileError.
        """

    def names(self) -> AsyncIterator[str] | None:
        """Yield the names of all files that are there; None where that cannot be told. Raises FileError."""

    async def close(self) -> None:
        """Let go of what was opened."""


async def joined(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """Give all of `chunks`. Raises FileError beyond `most` bytes."""
    found: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise FileError("size", f"It is longer than {most:,} bytes.")
        found.append(chunk)
    return b"".join(found)


async def digested(chunks: AsyncIterator[bytes], most: int) -> Digest:
    """Give the digest of `chunks`, or of those until there are more than `most` bytes."""
    size, digest = 0, hashlib.sha256()
    async for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
        if size > most:
            break
    return Digest(size, digest.hexdigest())
