"""Folders for files that are on their way into the store: one for each process, and in it one for each job.

A process holds a lock in its folder. Whoever starts removes the folders that nobody holds any more, so what a killed
process has left lies there until the next start, and servers and workers may share a data directory.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK: Final = "lock"


class Scratch:
    """The folder of this process. Blocks for as long as it takes to remove what others have left."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        with (root / _LOCK).open("ab") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # or another one would take a folder that is being made for a dead one's
            _sweep(root)
            self._folder = Path(tempfile.mkdtemp(dir=root.resolve()))
            self._lock = _locked(self._folder)

    @property
    def free_bytes(self) -> int:
        """Room on its disk."""
        return shutil.disk_usage(self._folder).free

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A new folder, gone with all that is in it at the end."""
        made = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def close(self) -> None:
        """Remove it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.close()


def _locked(folder: Path) -> IO[bytes]:
    """Raises BlockingIOError: another process has it."""
    file = (folder / _LOCK).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file


def _sweep(root: Path) -> None:
    for folder in root.iterdir():
        if not folder.is_dir():
            continue
        try:
            _locked(folder).close()
        except BlockingIOError:
            continue  # in use
        shutil.rmtree(folder, ignore_errors=True)
