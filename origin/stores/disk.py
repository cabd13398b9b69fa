"""A store on a local disk: `file:PATH`. A key is the path of a file below it.

`put` writes a draft, flushes it (fdatasync), renames it to its place and flushes the folder, in this order: whoever
finds the name finds the whole content, and once `put` has returned, a power cut changes nothing. A `draft` grows in
`.spool` (see `growing`) and takes its place in the same order. Folders come and go with the files in them. Blocking
calls run in threads of the store's own, writes apart from reads, so that a crowd of viewers does not hold up the
recording.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import threading
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from origin.observe import metrics
from origin.stores.disk_errors import told
from origin.stores.drafts import Drafts
from origin.stores.growing import GrowingDraft, Spool
from origin.stores.peeking import follow
from origin.stores.protocol import CHUNK_BYTES, ObjectMissing, StoredObject, StoreError, checked_key, checked_prefix
from origin.stores.walk import prune, walk
from origin.stores.workers import Lane, Workers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence
    from typing import BinaryIO

    from origin.stores.protocol import Looks, Piece

T = TypeVar("T")

WRITE_THREADS: Final = 2
"""Flushing is waiting: two overlap, more only queue up inside the disk."""
READ_THREADS: Final = 4
"""The first read of a segment waits for the disk, later ones find it in the page cache; a few waits overlap."""
GATHER_S: Final = 0.02
"""Drafts are written in bursts so far apart: a tenth of a part, which a crash may cost beside an unfinished one."""
MAX_LANES: Final = 8
"""There is one lane; its next job may be given while the last one ends."""
MAX_WRITES: Final = 256
"""A segment of 60 streams every two seconds is 30 a second, twice for audio: four seconds' backlog."""
MAX_READS: Final = 1_024
"""At 256 KiB each: what a disk of 500 MB/s reads in half a second."""
FOLDER_ATTEMPTS: Final = 8
"""How often to make a folder again that another process, having emptied it, removes at the same moment."""


class DiskStore:
    """`file:PATH`; `ObjectStore` tells what the methods do."""

    def __init__(self, root: Path) -> None:
        with told():
            root.mkdir(parents=True, exist_ok=True)
            self._root = root.resolve()
            self._drafts = Drafts(self._root)
        self._writers = Workers("store-writer", WRITE_THREADS, MAX_WRITES)
        self._readers = Workers("store-reader", READ_THREADS, MAX_READS)
        self._ahead = Workers("store-ahead", 1, MAX_LANES)
        self._spool = Spool(self._root, self._writers, Lane(self._ahead, GATHER_S), self._place)
        self._folders = threading.Lock()
        """So that nothing is moved into a folder that another thread has made but not yet flushed."""
        self._closed = False

    @classmethod
    def open(cls, url: str) -> DiskStore:
        """Open `file:relative/path`, `file:/absolute/path` or `file:///absolute/path`; make the folder if need be.

        Sweeps what crashed processes have left. Blocks, for milliseconds as a rule.
        """
        path = url.removeprefix("file:").removeprefix("//")
        if not path:
            raise StoreError("Write file: and the path of a folder, for example file:data/objects.")
        return cls(Path(path))

    async def put(self, key: str, body: Sequence[bytes]) -> None:  # noqa: D102 - as ObjectStore
        metrics.store_requests.labels("put").inc()
        await self._writers.run(partial(self._put, self._path(key), tuple(body)))

    async def take(self, key: str, path: Path) -> None:  # noqa: D102 - as Adopting
        metrics.store_requests.labels("put").inc()
        await self._writers.run(partial(self._take, path, self._path(key)))

    async def get(self, key: str) -> bytes:  # noqa: D102 - as ObjectStore
        metrics.store_requests.labels("get").inc()
        return await self._readers.run(partial(_read_whole, self._path(key), key))

    async def stream(  # noqa: D102 - as ObjectStore
        self, key: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        metrics.store_requests.labels("get").inc()
        file = await self._readers.run(partial(_open, self._path(key), key, start), discard=_close)
        left = None if end is None else end - start
        try:
            while chunk := await self._readers.run(partial(_read, file, left)):
                left = None if left is None else left - len(chunk)
                yield chunk
        finally:
            # In a thread, as closing waits for a read that goes on there when its caller was cancelled.
            self._readers.soon(file.close)

    async def size(self, key: str) -> int | None:  # noqa: D102 - as ObjectStore
        metrics.store_requests.labels("head").inc()
        return await self._readers.run(partial(_size, self._path(key)))

    async def peek(self, key: str, looks: Looks[T]) -> T:  # noqa: D102 - as Peekable
        metrics.store_requests.labels("get").inc()
        return await self._readers.run(partial(_peek, self._path(key), key, looks))

    async def gather(self, pieces: Sequence[Piece]) -> bytes:  # noqa: D102 - as Gatherable
        metrics.store_requests.labels("get").inc()
        return await self._readers.run(partial(_gather, self._path, pieces))

    async def open_file(self, key: str) -> BinaryIO:  # noqa: D102 - as Openable
        metrics.store_requests.labels("get").inc()
        return await self._readers.run(partial(_open, self._path(key), key), discard=_close)

    async def delete(self, keys: Collection[str]) -> None:  # noqa: D102 - as ObjectStore
        metrics.store_requests.labels("delete").inc()
        await self._writers.run(partial(self._delete, [self._path(key) for key in keys]))

    async def list(  # noqa: D102 - as ObjectStore
        self, prefix: str, after: str | None, limit: int
    ) -> Sequence[StoredObject]:
        metrics.store_requests.labels("list").inc()
        return await self._readers.run(partial(self._list, checked_prefix(prefix), after or "", limit))

    def draft(self, key: str) -> GrowingDraft:  # noqa: D102 - as Appendable
        return self._spool.draft(checked_key(key))

    async def drafts(self, prefix: str) -> Sequence[StoredObject]:  # noqa: D102 - as Appendable
        return await self._readers.run(partial(self._spool.left, checked_prefix(prefix)))

    async def adopt(self, key: str, size: int) -> GrowingDraft:  # noqa: D102 - as Appendable
        adopt = partial(self._spool.adopt, checked_key(key), size)
        return await self._writers.run(adopt, discard=GrowingDraft.release)

    async def close(self) -> None:  # noqa: D102 - as ObjectStore
        await self._ahead.close()
        await self._writers.close()
        await self._readers.close()
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._spool.close)
            self._drafts.close()

    def _path(self, key: str) -> Path:
        return self._root / checked_key(key)

    def _put(self, path: Path, body: Sequence[bytes]) -> None:
        with told():
            draft = self._drafts.write(body)
            try:
                self._place(draft, path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise

    def _take(self, file: Path, path: Path) -> None:
        with told():
            try:
                self._place(file, path)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                draft = self._drafts.copy(file)
                try:
                    self._place(draft, path)
                except BaseException:
                    draft.unlink(missing_ok=True)
                    raise
                file.unlink()
            else:
                _flush(file.parent)

    def _place(self, draft: Path, path: Path) -> None:
        """Give a draft, whose content is flushed, its name for good."""
        self._move(draft, path)
        _flush(path.parent)

    def _move(self, draft: Path, path: Path) -> None:
        for _ in range(FOLDER_ATTEMPTS):
            with self._folders:
                with suppress(FileNotFoundError):
                    os.replace(draft, path)  # noqa: PTH105 - named like the call whose guarantees count here
                    return
                self._make_folder(path.parent)
        raise StoreError(f"The folder {path.parent} vanishes as often as it is made.")

    def _make_folder(self, folder: Path) -> None:
        """Make it and those above it, each flushed into the one above: an object must not be lost with its path."""
        for part in reversed([folder, *folder.parents][: len(folder.relative_to(self._root).parts)]):
            with suppress(FileExistsError, FileNotFoundError):
                part.mkdir()
                _flush(part.parent)

    def _delete(self, paths: Sequence[Path]) -> None:
        with told():
            for path in paths:
                with suppress(FileNotFoundError, NotADirectoryError):
                    path.unlink()
            with self._folders:
                for folder in {path.parent for path in paths}:
                    prune(folder, self._root)
            for folder in {path.parent for path in paths}:
                self._spool.prune(folder.relative_to(self._root))

    def _list(self, prefix: str, after: str, limit: int) -> Sequence[StoredObject]:
        with told():
            return walk(self._root, prefix, after, limit)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open(path: Path, key: str, start: int = 0, buffering: int = CHUNK_BYTES) -> BinaryIO:
    with told():
        try:
            file = path.open("rb", buffering=buffering)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectMissing(key) from None
        file.seek(start)
        return file


def _close(file: BinaryIO) -> None:
    file.close()


def _read(file: BinaryIO, left: int | None) -> bytes:
    with told():
        return file.read(CHUNK_BYTES if left is None else max(0, min(left, CHUNK_BYTES)))


def _read_whole(path: Path, key: str) -> bytes:
    with _open(path, key) as file, told():
        return file.read()


def _peek(path: Path, key: str, looks: Looks[T]) -> T:
    with _open(path, key, buffering=0) as file:
        return follow(looks(os.fstat(file.fileno()).st_size), partial(_read_at, file.fileno()))


def _gather(path: Callable[[str], Path], pieces: Sequence[Piece]) -> bytes:
    with ExitStack() as stack:
        handles: dict[str, int] = {}
        found = []
        for piece in pieces:
            if isinstance(piece, bytes):
                found.append(piece)
                continue
            key, start, end = piece
            if key not in handles:
                handles[key] = stack.enter_context(_open(path(key), key, buffering=0)).fileno()
            found.append(_read_at(handles[key], start, end))
        return b"".join(found)


def _read_at(handle: int, start: int, end: int) -> bytes:
    with told():
        return os.pread(handle, end - start, start)


def _size(path: Path) -> int | None:
    with told():
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None
