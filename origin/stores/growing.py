"""Objects of a disk store that grow while they are made: below `.spool`, each under the key that it will have.

A segment is written once, as its parts come, and is renamed into its place when it is whole. `append` only queues: one
thread takes what has come in for all drafts in some milliseconds, one writev(2) a draft, so that sixty streams wake it
less often than they append. The page cache holds what was written, so it
survives the process but not a power cut; `commit` flushes, and then it does.

A draft stays open, and locked (flock), until it is over. Whatever is in `.spool` without a lock was left behind by a
process that is gone; unlike `.drafts` it is not swept, since half a segment is worth having.
"""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from origin.observe import metrics
from origin.stores.disk_errors import told
from origin.stores.drafts import flush, write_all
from origin.stores.protocol import ObjectMissing, StoredObject, StoreError
from origin.stores.walk import prune, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from origin.stores.workers import Lane, Workers

FOLDER: Final = ".spool"
"""No key begins with a dot, so no key leads in here."""
MAX_WAITING_BYTES: Final = 16 * 1024 * 1024
"""What a draft may have queued: more than ten seconds at 12 Mbit/s. The live edge holds these bytes anyway."""
MAX_LEFT: Final = 10_000
"""Drafts named at once: a crash leaves about three for each stream that was on the air."""
FOLDER_ATTEMPTS: Final = 8
"""How often to make a folder again that somebody, having found it empty, removes at the same moment."""
_MODE: Final = 0o666
"""Less the umask, as files are that Python opens."""


class Spool:
    """All drafts of a store. What is not said to queue blocks, and belongs in a thread."""

    def __init__(self, root: Path, writers: Workers, lane: Lane, place: Callable[[Path, Path], None]) -> None:
        self.root = root
        self.folder = root / FOLDER
        self.writers = writers
        self.lane = lane
        self.place = place
        """Moves a draft to its place, durably; the store's own."""
        self._alive: set[GrowingDraft] = set()
        self._tidy()

    def draft(self, key: str) -> GrowingDraft:
        """Begin a draft; its file is opened with the first write."""
        draft = GrowingDraft(self, key)
        self._alive.add(draft)
        return draft

    def left(self, prefix: str) -> Sequence[StoredObject]:
        """Give the drafts that no living process holds."""
        ours = {draft.key for draft in self._alive.copy()}
        with told():
            found = walk(self.folder, prefix, "", MAX_LEFT)
            return [entry for entry in found if entry.key not in ours and _is_left(self.folder / entry.key)]

    def adopt(self, key: str, size: int) -> GrowingDraft:
        """Open what was left behind, cut to `size` bytes."""
        with told():
            try:
                handle = self.open(key, os.O_RDWR | os.O_APPEND)
            except FileNotFoundError:
                raise ObjectMissing(key) from None
            if os.fstat(handle).st_size < size:
                os.close(handle)
                raise StoreError(f"The draft of {key} is shorter than the {size} bytes that it should have.")
            os.ftruncate(handle, size)
        draft = GrowingDraft(self, key, handle)
        self._alive.add(draft)
        return draft

    def open(self, key: str, flags: int) -> int:
        """Open the file of a draft and lock it."""
        handle = os.open(self.folder / key, flags | os.O_CLOEXEC, _MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise StoreError(f"The draft of {key} is being written by somebody else.") from None
        return handle

    def create(self, key: str) -> int:
        """Open a new and empty file, in place of any that was left behind."""
        path = self.folder / key
        for _ in range(FOLDER_ATTEMPTS):
            with suppress(FileNotFoundError):
                handle = self.open(key, os.O_RDWR | os.O_APPEND | os.O_CREAT)
                if os.fstat(handle).st_size:
                    os.ftruncate(handle, 0)
                return handle
            with suppress(FileNotFoundError):  # of a folder above, removed since
                path.parent.mkdir(parents=True, exist_ok=True)
        raise StoreError(f"The folder {path.parent} vanishes as often as it is made.")

    def prune(self, folder: Path) -> None:
        """Remove the folder (relative, as in the store) and those above it as far as they are empty."""
        prune(self.folder / folder, self.root)

    def forget(self, draft: GrowingDraft) -> None:
        """Take a draft off the list of those alive."""
        self._alive.discard(draft)

    def close(self) -> None:
        """Close what is not over; it stays for whoever opens the store next."""
        for draft in self._alive.copy():
            draft.release()
        self._tidy()

    def _tidy(self) -> None:
        """Remove empty folders."""
        for folder, _, _ in os.walk(self.folder, topdown=False):
            self.prune(Path(folder).relative_to(self.folder))


class GrowingDraft:
    """A draft of `Spool`; `Draft` tells what the methods do."""

    def __init__(self, spool: Spool, key: str, handle: int | None = None) -> None:
        self.key = key
        self._spool = spool
        self._path = spool.folder / key
        self._handle = handle
        self._waiting: list[bytes] = []
        self._bytes = 0
        self._queued = False
        """Whether the lane knows that something waits."""
        self._state = threading.Lock()
        """For the four above; held for moments only, also by the event loop."""
        self._file = threading.Lock()
        """Whoever holds it writes what waits, before anything else."""
        self._error: StoreError | None = None
        self._over = False
        self._discarded = False

    def append(self, chunks: Sequence[bytes]) -> None:  # noqa: D102 - as Draft
        if self._over:
            raise StoreError(f"The draft of {self.key} is over.")
        if self._error is not None:
            return
        with self._state:
            self._waiting += chunks
            self._bytes += sum(map(len, chunks))
            full = self._bytes > MAX_WAITING_BYTES
            known, self._queued = self._queued, True
        if full:
            self._error = StoreError("The disk does not keep up with what is recorded.")
        if not known:
            self._spool.lane.add(self._write_in_turn)

    async def commit(self) -> None:  # noqa: D102 - as Draft
        metrics.store_requests.labels("commit").inc()
        await self._spool.writers.run(self._commit)

    def discard(self) -> None:  # noqa: D102 - as Draft
        if not self._over:
            self._over = self._discarded = True
            self._spool.writers.soon(self._remove)

    async def read(self) -> bytes:  # noqa: D102 - as Draft
        return await self._spool.writers.run(self._read)

    def release(self) -> None:
        """Write what waits and close the file, which stays. Blocks."""
        with self._file:
            self._over = True
            self._write()
            self._close()

    def _write_in_turn(self) -> None:
        """Write what waits, unless somebody else is at it, who does the same."""
        if self._file.acquire(blocking=False):
            try:
                self._write()
            finally:
                self._file.release()

    def _write(self) -> None:
        """Write what waits; an error is remembered, and the file goes, as a full disk needs its space."""
        with self._state:
            chunks, self._waiting = self._waiting, []
            self._bytes = 0
            self._queued = False
        try:
            if chunks and self._error is None and not self._discarded:
                with told():
                    write_all(self._opened(), chunks)
        except StoreError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - whatever it was, the file is not to be trusted any more
            self._error = StoreError(f"Writing {self.key} failed: {error!r}.")
        if self._error is not None:
            self._unlink()

    def _opened(self) -> int:
        if self._handle is None:
            self._handle = self._spool.create(self.key)
        return self._handle

    def _commit(self) -> None:
        with self._file:
            if self._over:
                raise self._error or StoreError(f"The draft of {self.key} is over.")
            self._over = True
            self._write()
            if self._error is not None:
                raise self._error
            try:
                with told():
                    flush(self._opened())
                    self._spool.place(self._path, self._spool.root / self.key)
            except BaseException:
                self._unlink()
                raise
            self._close()

    def _read(self) -> bytes:
        with self._file:
            self._write()
            if self._error is not None:
                raise self._error
            with told():
                body = _read_whole(self._opened())
        self._write_in_turn()  # what came meanwhile, which the lane has left to us
        return body

    def _remove(self) -> None:
        with self._file:
            self._unlink()
        self._spool.prune(Path(self.key).parent)

    def _unlink(self) -> None:
        if self._handle is not None:
            with suppress(OSError):
                self._path.unlink()
        self._close()

    def _close(self) -> None:
        self._spool.forget(self)
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


def _is_left(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _read_whole(handle: int) -> bytes:
    size, pieces, at = os.fstat(handle).st_size, [], 0
    while at < size and (piece := os.pread(handle, size - at, at)):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)
