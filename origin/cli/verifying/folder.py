"""A package in a folder of this machine. Nothing outside of it is read, whatever links lie in it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, Final

from origin.cli.verifying.sources import Digest, FileError, FileMissing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

BLOCK_BYTES: Final = 1 << 20
NAMES_A_CALL: Final = 1_000


class Folder:
    """`Source` tells what the methods do."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    async def get(self, name: str, most: int) -> bytes:  # noqa: D102 - as Source
        return await asyncio.to_thread(self._get, name, most)

    async def digest(self, name: str, most: int) -> Digest:  # noqa: D102 - as Source
        return await asyncio.to_thread(self._digest, name, most)

    async def names(self) -> AsyncIterator[str]:  # noqa: D102 - as Source
        found = self._walk(self._root)
        while page := await asyncio.to_thread(_page, found):
            for name in page:
                yield name

    async def close(self) -> None:  # noqa: D102 - as Source
        return

    def _get(self, name: str, most: int) -> bytes:
        with _told(), self._open(name) as file:
            body = file.read(most + 1)
        if len(body) > most:
            raise FileError("size", f"It is longer than {most:,} bytes.")
        return body

    def _digest(self, name: str, most: int) -> Digest:
        size, digest = 0, hashlib.sha256()
        with _told(), self._open(name) as file:
            while size <= most and (block := file.read(BLOCK_BYTES)):
                size += len(block)
                digest.update(block)
        return Digest(size, digest.hexdigest())

    def _open(self, name: str) -> BinaryIO:
        path = self._root / name
        if not path.parent.resolve().is_relative_to(self._root):
            raise FileError("unreadable", "A link leads out of the folder.")
        # Not blocking, for what looks like a file may be a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        file = open(handle, "rb")  # noqa: PTH123, SIM115 - a handle has no path; the caller closes it
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            file.close()
            raise FileError("unreadable", "It is not a file.")
        return file

    def _walk(self, folder: Path) -> Iterator[str]:
        with _told(), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(folder / entry.name)
                else:
                    yield (folder / entry.name).relative_to(self._root).as_posix()


def _page(found: Iterator[str]) -> list[str]:
    return list(islice(found, NAMES_A_CALL))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise FileMissing from None
    except OSError as error:
        raise FileError("unreadable", f"It cannot be read: {error.strerror}.") from error
