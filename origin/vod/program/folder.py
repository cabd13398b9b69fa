"""Where the program writes: files in a folder, each hashed on its way.

Whoever takes them makes them durable: a flush for each file here would have the program wait for the disk each time.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

from packager.film import Piece
from packager.inventory import Stored
from packager.recorded import RecordedInit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from packager.film import Init

MOST_CHUNKS: Final = 1024
"""Given to one call (IOV_MAX of Linux)."""
SMALL_BYTES: Final = 2048
"""On average: chunks of sound are joined, as hashing and writing each costs more than to copy it."""
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class Folder:
    """One package on its way into `root`, an empty folder. Files come one after the other."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: set[str] = set()
        self._name = ""
        self._file = -1
        self._digest = hashlib.sha256()

    def put_init(self, init: Init) -> RecordedInit:
        """Write an init segment."""
        stored = self.put(init.name, init.body)
        return RecordedInit(stored.name, init.track, stored.size, stored.sha256)

    def put(self, name: str, body: bytes) -> Stored:
        """Write any other file."""
        self.append(Piece(name, (body,)))
        return Stored(name, len(body), self.close())

    def append(self, piece: Piece) -> None:
        """Write what comes next of the open file, or of a new one."""
        if self._file < 0:
            self._name = piece.name
            self._file = self._open(piece.name)
            self._digest = hashlib.sha256()
        body = piece.body if sum(map(len, piece.body)) > SMALL_BYTES * len(piece.body) else (b"".join(piece.body),)
        update = self._digest.update
        for chunk in body:
            update(chunk)
        for at in range(0, len(body), MOST_CHUNKS):
            _write_all(self._file, body[at : at + MOST_CHUNKS])

    def close(self) -> str:
        """End the open file, and give its SHA-256 in hex."""
        os.close(self._file)
        self._file = -1
        return self._digest.hexdigest()

    def _open(self, name: str) -> int:
        folder = name.rpartition("/")[0]
        if folder and folder not in self._folders:
            (self._root / folder).mkdir(exist_ok=True)
            self._folders.add(folder)
        return os.open(self._root / name, _NEW, 0o644)


def _write_all(file: int, chunks: Sequence[bytes | memoryview]) -> None:
    size = sum(map(len, chunks))
    written = os.writev(file, chunks)
    if written < size:  # the disk is full, or nearly: the next call says so
        rest = b"".join(chunks)[written:]
        while rest:
            rest = rest[os.write(file, rest) :]
