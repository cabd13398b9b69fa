"""Logs that a process leaves behind for the next one on this machine: one file a subject, records in order.

`append` only queues; a thread of the book's own writes all that has come in the last `GATHER_S`, with one call a file,
and says so. From then on a process that is killed does not lose it: the kernel keeps what was written. Nothing is
flushed to the disk, for what a log points at may be younger than a power cut anyway; readers take a torn or damaged end
for the end.

A record is its length and CRC-32 (big endian, 32 bits each) and its bytes.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Final

import structlog

from origin.stores.protocol import StoreError, checked_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GATHER_S: Final = 0.01
"""A twentieth of the shortest part: viewers hear of a part so much later."""
MAX_QUEUED_BYTES: Final = 64 << 20
"""Of a disk that stands still; past it logs are given up, and say so, rather than memory."""
MAX_RECORD_BYTES: Final = 256 << 20
"""Longer ones are damage."""
_HEAD: Final = Struct(">II")
_SUFFIX: Final = ".log"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """What the thread is to do: `anew` replaces the file, an empty record with `anew` removes it; then `done`."""

    subject: str
    record: bytes
    anew: bool = False
    done: Callable[[], None] | None = None


class Logbook:
    """Logs below one folder. Subjects are named like keys with no slash.

    A record is followed by its `done`, on the event loop that gave the first one: it is written, or its log given up.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tasks: deque[_Task] = deque()
        self._queued = 0
        self._news = threading.Condition()
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._files: dict[str, int] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        self._thread = threading.Thread(target=self._run, name="logbook", daemon=True)
        self._thread.start()

    def begin(self, subject: str, record: bytes, done: Callable[[], None] | None = None) -> None:
        """Let the subject's log consist of this record alone; readers find the old log or the new one."""
        self._put(_Task(checked_key(subject), record, anew=True, done=done))

    def append(self, subject: str, record: bytes, done: Callable[[], None] | None = None) -> None:
        """Add a record to a log that was begun by this book."""
        self._put(_Task(subject, record, done=done))

    def forget(self, subject: str) -> None:
        """Remove a log, if there is one."""
        self._put(_Task(checked_key(subject), b"", anew=True))

    def read(self, subject: str) -> list[bytes]:
        """Give the records of a log that this book has not begun, up to the first damaged one; none if there is no log.

        Blocks while it reads.
        """
        try:
            data = self._path(subject).read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"The log of {subject} cannot be read: {error.strerror}.") from error
        return list(_records(data))

    def subjects(self) -> list[str]:
        """Give those that there are logs of. Blocks."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}"))

    def close(self) -> None:
        """Write what is queued. Blocks until that is done."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join()

    def _put(self, task: _Task) -> None:
        if task.done and self._loop is None:
            self._loop = asyncio.get_running_loop()
        with self._news:
            if self._closing:
                if task.done:
                    task.done()
                return
            self._queued += len(task.record)
            self._tasks.append(task)
            if len(self._tasks) == 1:
                self._news.notify()

    def _run(self) -> None:
        closing = False
        while not closing:
            with self._news:
                while not self._tasks and not self._closing:
                    self._news.wait()
                closing = self._closing
            if not closing:
                time.sleep(GATHER_S)
            with self._news:
                tasks, self._tasks = self._tasks, deque()
                overrun, self._queued = self._queued > MAX_QUEUED_BYTES, 0
            self._write_all(tasks, overrun=overrun)
            self._say([task.done for task in tasks if task.done])
        for handle in self._files.values():
            os.close(handle)

    def _say(self, done: list[Callable[[], None]]) -> None:
        if done and self._loop:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(_call_all, done)

    def _write_all(self, tasks: deque[_Task], *, overrun: bool) -> None:
        gathered: dict[str, list[bytes]] = {}
        for task in tasks:
            if task.anew:
                gathered.pop(task.subject, None)
                self._attempt(task.subject, self._anew, task.record)
            elif not overrun:
                gathered.setdefault(task.subject, []).append(_framed(task.record))
        for subject, records in gathered.items():
            self._attempt(subject, self._extend, b"".join(records))
        if overrun:
            for subject in {task.subject for task in tasks}:
                self._give_up(subject)

    def _attempt(self, subject: str, work: Callable[[str, bytes], None], data: bytes) -> None:
        try:
            work(subject, data)
        except OSError as error:
            _log.warning("log_given_up", subject=subject, problem=error.strerror)
            self._give_up(subject)

    def _anew(self, subject: str, record: bytes) -> None:
        self._close_file(subject)
        path = self._path(subject)
        if not record:
            path.unlink(missing_ok=True)
            return
        draft = path.with_suffix(".new")
        self._files[subject] = handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        _write(handle, _framed(record))
        draft.replace(path)

    def _extend(self, subject: str, data: bytes) -> None:
        handle = self._files.get(subject)
        if handle is not None:
            _write(handle, data)

    def _give_up(self, subject: str) -> None:
        """A log with a hole would mislead: better none, until it is begun again."""
        self._close_file(subject)
        with suppress(OSError):
            self._path(subject).unlink(missing_ok=True)

    def _close_file(self, subject: str) -> None:
        handle = self._files.pop(subject, None)
        if handle is not None:
            os.close(handle)

    def _path(self, subject: str) -> Path:
        return self._folder / f"{subject}{_SUFFIX}"


def _call_all(done: list[Callable[[], None]]) -> None:
    for each in done:
        each()


def _framed(record: bytes) -> bytes:
    return _HEAD.pack(len(record), zlib.crc32(record)) + record


def _records(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + _HEAD.size <= len(data):
        size, check = _HEAD.unpack_from(data, at)
        record = data[at + _HEAD.size : at + _HEAD.size + size]
        if size > MAX_RECORD_BYTES or len(record) < size or zlib.crc32(record) != check:
            return
        yield record
        at += _HEAD.size + size


def _write(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
