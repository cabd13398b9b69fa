"""The folder in which uploads grow: `<data_dir>/uploads/<up_id>`, one file each, for nobody else to read.

Everything here blocks, and runs in threads. `.place` names the folder in the catalog: the bytes of an upload are with
one node, and another one that is asked for them must know that they are not its own.
"""

from __future__ import annotations

import os
import re
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "uploads"
RESERVE_BYTES: Final = 256 << 20
"""Left free for the catalog, logs and what is on the air: some minutes of recording."""
_PLACE: Final = ".place"
_NAME: Final = re.compile(r"up_[a-z0-9]{32}", re.ASCII)


class FileLostError(Exception):
    """The file is shorter than what was noted to be in it, or it is gone."""


class Scratch:
    """One folder of uploads."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.place = self._read_place()

    def path(self, upload_id: str) -> Path:
        """Where the bytes of an upload are. Its name is an id of ours, never a client's."""
        if not _NAME.fullmatch(upload_id):
            raise ValueError(f"{upload_id!r} is not the id of an upload.")
        return self._folder / upload_id

    def create(self, upload_id: str) -> None:
        """Make an empty file, and make sure that its name is on the disk."""
        handle = os.open(self.path(upload_id), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        os.close(handle)
        flush_folder(self._folder)

    def open(self, upload_id: str, offset: int) -> int:
        """Open a file to write behind `offset`, and cut off what lies there: nobody was told of it.

        Raises `FileLostError`, `OSError`.
        """
        try:
            handle = os.open(self.path(upload_id), os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise FileLostError from None
        try:
            _cut(handle, offset)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def remove(self, upload_id: str) -> None:
        """Remove a file, if it is there."""
        self.path(upload_id).unlink(missing_ok=True)

    def has(self, upload_id: str) -> bool:
        """Whether the file is there."""
        return self.path(upload_id).exists()

    def left(self) -> list[str]:
        """Give the ids of which there are files."""
        return sorted(entry.name for entry in self._folder.iterdir() if _NAME.fullmatch(entry.name))

    def room(self) -> int:
        """Give how many bytes may still come."""
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize - RESERVE_BYTES

    def _read_place(self) -> str:
        file = self._folder / _PLACE
        if not file.exists():
            draft = self._folder / f"{_PLACE}.{secrets.token_hex(4)}"
            draft.write_text(f"pl_{secrets.token_hex(10)}")
            os.replace(draft, file)  # noqa: PTH105 - named like the call whose guarantees count here
            flush_folder(self._folder)
        return file.read_text("ascii").strip()


def _cut(handle: int, offset: int) -> None:
    if os.fstat(handle).st_size < offset:
        raise FileLostError
    os.ftruncate(handle, offset)
    os.lseek(handle, offset, os.SEEK_SET)


def flush_folder(folder: Path) -> None:
    """Make sure that names are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
