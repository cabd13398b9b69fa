"""What the origin asks of an object store, and how stores fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, runtime_checkable

from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from pathlib import Path
    from typing import BinaryIO

T = TypeVar("T")

CHUNK_BYTES: Final = 256 * 1024
"""What `stream` yields at a time: below it, calls cost more than bytes; above it, memory for each slow client grows."""
MAX_KEY_CHARACTERS: Final = 512
"""Every backend takes at least that (S3: 1,024 bytes; Linux: 4,096 for a path)."""

Looks = Callable[[int], Generator[tuple[int, int], bytes, T]]
"""Given an object's size, yields start and end of what it wants of it, is sent these bytes, and returns."""

Piece = tuple[str, int, int] | bytes
"""Key, start and end of bytes of an object; or bytes that are at hand."""

_KEY: Final = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}(?:/(?!\.)[A-Za-z0-9._-]{1,200})*")
_PREFIX: Final = re.compile(r"(?:(?!\.)[A-Za-z0-9._-]{1,200}/)*(?:(?!\.)[A-Za-z0-9._-]{1,200})?")


class StoreError(Problem):
    """The store did not do it; the detail says what an operator can do. `store_failed`, 503."""

    def __init__(self, detail: str, code: str = "store_failed") -> None:
        super().__init__(code, detail)


class ObjectMissing(StoreError):  # noqa: N818 - as `Problem`
    """There is no object with this key. `not_found`, 404."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no object {key}.", "not_found")
        self.key = key


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An entry of a list: key, and size in bytes."""

    key: str
    size: int


class ObjectStore(Protocol):
    """Bytes under keys such as `tn_a/bc_b/v0/1-7.m4s`. All methods raise `StoreError`, and `ValueError` for a bad key.

    No key may be the folder of another (`a` beside `a/b`); stores differ in what then happens.
    Calls may run at once, also on one key. A store may turn calls away when too many wait.
    """

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        """Store the chunks as one object, in place of any that is there.

        Atomic: at any moment a reader, or a restart after a crash, finds the old object or the new one, whole.
        Durable: once it has returned, the object survives a power cut (as far as the backend can know).
        """

    async def get(self, key: str) -> bytes:
        """Give the whole object; for small ones. Raises `ObjectMissing`."""

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield bytes `start` to before `end` (None: to the end) in chunks of at most `CHUNK_BYTES`.

        What lies beyond the object's end is left out. Raises `ObjectMissing` at the first step. An object that is
        replaced or deleted meanwhile is read on as it was.
        """

    async def size(self, key: str) -> int | None:
        """Give the size in bytes, or None if there is no such object."""

    async def delete(self, keys: Collection[str]) -> None:
        """Remove objects; those that are not there are no error. Not atomic, and not necessarily durable."""

    async def list(self, prefix: str, after: str | None, limit: int) -> Sequence[StoredObject]:
        """Give at most `limit` objects whose keys begin with `prefix` and come after `after`, in the order of ASCII."""

    async def close(self) -> None:
        """Finish what was begun. May be called more than once; other calls are errors afterwards."""


class Draft(Protocol):
    """An object that grows while it is made. One task calls; it must end with `commit` or `discard`.

    Its process may be killed at any moment: what was written stays, for `Appendable.adopt` to go on with.
    """

    def append(self, chunks: Sequence[bytes]) -> None:
        """Queue the chunks to be written behind what is there. Never waits; the chunks must not change afterwards.

        What goes wrong in writing is remembered, and told by `commit`; only a draft that is over, and a store that is
        closed, raise `StoreError` here.
        """

    async def commit(self) -> None:
        """Make it the object of its key, atomic and durable as `ObjectStore.put` does.

        After a `StoreError` there is no draft any more, unless the call was turned away because too many wait; either
        way the caller may `put` the whole object and `discard` this.
        """

    def discard(self) -> None:
        """Give it up; its bytes go soon. Never fails, and does nothing to what is over."""

    async def read(self) -> bytes:
        """Give all that was appended, also before it was adopted."""


@runtime_checkable
class Appendable(Protocol):
    """What a store can do beside `ObjectStore` if it takes an object piece by piece without writing bytes twice."""

    def draft(self, key: str) -> Draft:
        """Begin an object. A draft of that key that was left behind is overwritten. Does no I/O yet."""

    async def drafts(self, prefix: str) -> Sequence[StoredObject]:
        """Give the drafts that a process, now dead, has left under such keys, with what of them was written."""

    async def adopt(self, key: str, size: int) -> Draft:
        """Go on with a draft that was left behind, after cutting it to its first `size` bytes.

        Raises `ObjectMissing` if there is none, and `StoreError` if it is shorter or somebody else's.
        """


@runtime_checkable
class Adopting(Protocol):
    """What a store can do beside `ObjectStore` if it makes an object of a file of any size without holding it."""

    async def take(self, key: str, path: Path) -> None:
        """Make the file, whose bytes are flushed, the object of the key: atomic and durable, as `put`.

        Afterwards the file is gone, or its caller may remove it. After an error it is as it was. A file system of its
        own costs a copy, a distant store a transfer that may take hours: no time limit is set to it.
        """


@runtime_checkable
class Peekable(Protocol):
    """What a store can do beside `ObjectStore` if it looks into an object here and there at no price."""

    async def peek(self, key: str, looks: Looks[T]) -> T:
        """Give what `looks` finds; what it raises is raised here. Raises `ObjectMissing`.

        It runs in a thread, and must be brief. Beyond the object's end it is sent fewer bytes than it wants.
        """


@runtime_checkable
class Openable(Protocol):
    """What a store can do beside `ObjectStore` if its objects are files of this machine."""

    async def open_file(self, key: str) -> BinaryIO:
        """Open an object for reading, as the whole that it is now, whatever becomes of the key. Raises `ObjectMissing`.

        Its descriptor may be handed to another process, which can read the object by it and do nothing else.
        """


@runtime_checkable
class Gatherable(Protocol):
    """What a store can do beside `ObjectStore` if it puts pieces of objects together at less than a stream's price."""

    async def gather(self, pieces: Sequence[Piece]) -> bytes:
        """Give all pieces, one behind the other; a megabyte or less. Raises `ObjectMissing`.

        What lies beyond an object's end is left out.
        """


def checked_key(key: str) -> str:
    """Give the key back if it is one: segments of letters, digits, `.`, `_`, `-`, none of which begins with a dot.

    So no key leaves its store (`..`, a leading `/`), hides in it, or means something else on another backend.
    """
    if not is_key(key):
        raise ValueError(f"{key!r} is not a key of an object.")
    return key


def is_key(text: str) -> bool:
    """Whether `checked_key` takes it."""
    return len(text) <= MAX_KEY_CHARACTERS and _KEY.fullmatch(text) is not None


def checked_prefix(prefix: str) -> str:
    """Give the prefix back if keys can begin with it."""
    if len(prefix) > MAX_KEY_CHARACTERS or not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is not the beginning of a key.")
    return prefix
