"""Files that are being written: one folder a process, below `.drafts` of the store, swept when a store is opened.

A draft must be on the same file system as what it becomes, for rename(2) to be atomic. Each process holds a lock on its
folder as long as it lives; a folder that is not locked is what a crash has left behind.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER: Final = ".drafts"
"""No key begins with a dot, so no key leads in here."""
CHUNKS_A_CALL: Final = 512
"""Handed to one writev(2); Linux takes 1,024."""


class Drafts:
    """This process's folder for drafts, locked."""

    def __init__(self, root: Path) -> None:
        parent = root / FOLDER
        parent.mkdir(parents=True, exist_ok=True)
        with _locked(parent, fcntl.LOCK_EX):  # or another process could sweep our folder before it is locked
            _sweep(parent)
            self._folder = Path(tempfile.mkdtemp(dir=parent))
            self._lock = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._numbers = itertools.count()

    def write(self, body: Sequence[bytes]) -> Path:
        """Write a file and flush it to the disk; if that fails, nothing is left of it."""
        draft = self._folder / str(next(self._numbers))
        try:
            with draft.open("xb", buffering=0) as file:
                write_all(file.fileno(), body)
                flush(file.fileno())
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return draft

    def copy(self, file: Path) -> Path:
        """Copy a file of another file system and flush it; if that fails, nothing is left of it."""
        draft = self._folder / str(next(self._numbers))
        try:
            shutil.copyfile(file, draft)  # in the kernel, where it can
            with draft.open("rb+", buffering=0) as copied:
                flush(copied.fileno())
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return draft

    def close(self) -> None:
        """Remove the folder and give up its lock."""
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)


def flush(handle: int) -> None:
    """Flush a file that is written, and give its pages back.

    What was just flushed is hardly read again, as viewers at the live edge get it from memory. Given back at once, the
    same pages serve the next draft, and none have to be reclaimed, or got from a hypervisor.
    """
    os.fdatasync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def write_all(handle: int, chunks: Sequence[bytes]) -> None:
    """Write all chunks, as a rule in one call; a nearly full disk takes a part of them, and fails the next time."""
    for at in range(0, len(chunks), CHUNKS_A_CALL):
        now = chunks[at : at + CHUNKS_A_CALL]
        left = sum(map(len, now)) - os.writev(handle, now)
        rest = memoryview(b"".join(now))[-left:] if left else None
        while rest:
            rest = rest[os.write(handle, rest) :]


def _sweep(parent: Path) -> None:
    for folder in parent.iterdir():
        try:
            with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # locked: its process lives
            continue


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)
