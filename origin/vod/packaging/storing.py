"""From a file that a program has written to an object of the store.

The program has read a stranger's bytes, and may be somebody else's by now. So nothing on the way to the file is
followed that may lead elsewhere, and what was checked is what is stored: by its descriptor, not by its name once more.
"""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from origin.stores.protocol import Adopting, Openable
from origin.vod.performers import BrokenOffError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from origin.stores.protocol import ObjectStore

_NO_LINK: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


async def store_file(store: ObjectStore, key: str, file: Path, size: int, aside: Path) -> None:
    """Store a file of which the program has told that it is whole, and this large, and remove it.

    A store on this machine takes the file itself, by way of the folder `aside`, which the program does not know.

    Raises:
        BrokenOffError: it is not what was told.
        Problem: as the store.
    """
    if isinstance(store, Openable) and isinstance(store, Adopting):
        mine = aside / f"{file.parent.name}-{file.name}"
        if await asyncio.to_thread(_moved, file, size, mine):
            await store.take(key, mine)
            return
    await store.put(key, (await asyncio.to_thread(_read, file, size),))


def _moved(file: Path, size: int, mine: Path) -> bool:
    """Flush the file, and give it a name of ours in the place of its own. False where systems cannot do that."""
    with _checked(file, size) as handle:
        try:
            os.link(f"/proc/self/fd/{handle}", mine, follow_symlinks=True)
        except OSError:
            return False
        os.fsync(handle)
    with suppress(OSError):
        file.unlink()
    return True


def _read(file: Path, size: int) -> bytes:
    with _checked(file, size) as handle, os.fdopen(os.dup(handle), "rb") as opened:
        body = opened.read(size)
    with suppress(OSError):
        file.unlink()
    if len(body) != size:
        raise BrokenOffError("The packaging program changed a file that it had told to be whole.")
    return body


@contextmanager
def _checked(file: Path, size: int) -> Iterator[int]:
    """The open file, which is a plain one of this size, in a folder that is really there."""
    try:
        folder = os.open(file.parent, _NO_LINK | os.O_DIRECTORY)
        try:
            handle = os.open(file.name, _NO_LINK | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise BrokenOffError(f"The packaging program told of a file that is not there ({error.strerror}).") from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:
            raise BrokenOffError("The packaging program told a file to be of another size than it is.")
        yield handle
    finally:
        os.close(handle)
