"""Takes the bytes of one request into the file of an upload, and says how far they are safe.

Three things overlap: bytes come in, what came before is written, and both are watched by a clock. Writing and flushing
happen in a thread, one call at a time; what comes meanwhile is kept, up to `MOST_KEPT`, and then nothing more is read.
However the request ends (it is whole, the client leaves, another takes over, the server stops), what came is written,
flushed and noted before `receive` returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from origin.errors import Problem
from origin.files.tally import FLUSH_S, BrokenError, OverfullError, Tally
from origin.stores.drafts import write_all

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from origin.stores.workers import Workers

Source = Callable[[], Awaitable[bytes | None]]
"""Gives the next bytes of a request, None at its end. Raises whatever ends it early."""

MOST_KEPT: Final = 1 << 20
"""Bytes that wait for the disk, for each request: what comes at 10 Gbit/s in a millisecond, or one flush of an SSD at
100 MB/s later."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly bytes may come; times in seconds."""

    idle_s: float = 30.0
    """Without any byte. A mobile client changes cells in less; whoever comes back goes on where it was."""
    window_s: float = 60.0
    window_bytes: int = 64 * 1024
    """In each window at least so many: 9 kbit/s. Whoever is slower holds a place for its own sake."""


class BrokenDiskError(Exception):
    """The disk has lost bytes, or may have: the upload cannot go on. The words are the system's."""


class Journal(Protocol):
    """Who remembers how far the bytes are safe."""

    async def note(self, offset: int) -> None:
        """Note it for good. Raises `Problem`, if it is not this writer's to say any more (`upload_superseded`), too."""


class Receiver:
    """One request's way into one file. Made anew for each."""

    def __init__(self, handle: int, tally: Tally, journal: Journal, workers: Workers, pace: Pace) -> None:
        self._handle = handle
        self._tally = tally
        self._journal = journal
        self._workers = workers
        self._pace = pace
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._torn = False
        """A call has written some of its bytes, nobody knows which: nothing may follow them."""
        self._stopped: asyncio.Future[Problem] = asyncio.get_running_loop().create_future()

    def stop(self, reason: Problem) -> None:
        """End it now, for another is to go on, or nobody; `receive` raises the reason."""
        if not self._stopped.done():
            self._stopped.set_result(reason)

    async def receive(self, source: Source) -> None:
        """Take all that `source` gives. The tally says what of it is safe, also after an exception.

        Raises:
            Problem: `body_too_large`, `request_timeout`, `storage_full`, or what it was stopped with.
            BrokenDiskError: the upload is lost.
        """
        try:
            await self._take_all(source)
        except BrokenDiskError:
            raise
        except BaseException:
            with contextlib.suppress(Problem):  # of two reasons the first is told
                await surely(self._finish())
            raise
        await surely(self._finish())

    async def _take_all(self, source: Source) -> None:
        began = heard = time.monotonic()
        counted, next_bytes = 0, asyncio.ensure_future(source())
        try:
            while True:
                waiting: set[asyncio.Future[Any]] = {self._stopped}
                if self._kept_bytes < MOST_KEPT:
                    waiting.add(next_bytes)
                if self._writing:
                    waiting.add(self._writing)
                await asyncio.wait(waiting, timeout=FLUSH_S / 4, return_when=asyncio.FIRST_COMPLETED)
                now = time.monotonic()
                if next_bytes.done() and self._kept_bytes < MOST_KEPT:
                    chunk = next_bytes.result()
                    if chunk is None:
                        return
                    self._take(chunk)
                    heard, counted = now, counted + len(chunk)
                    next_bytes = asyncio.ensure_future(source())
                if self._stopped.done():  # after what came: who is put out again and again gets on all the same
                    raise self._stopped.result()
                if self._kept_bytes >= MOST_KEPT:
                    heard, began, counted = now, now, 0  # it is the disk that is slow
                self._work()
                began, counted = self._check_pace(now, heard, began, counted)
        finally:
            next_bytes.cancel()
            await asyncio.gather(next_bytes, return_exceptions=True)

    def _take(self, chunk: bytes) -> None:
        try:
            self._tally.take(len(chunk))
        except OverfullError:
            raise Problem("body_too_large", f"The upload was to have {self._tally.length} bytes; more came.") from None
        if chunk:
            self._kept.append(chunk)
            self._kept_bytes += len(chunk)

    def _check_pace(self, now: float, heard: float, began: float, counted: int) -> tuple[float, int]:
        """Give begin and count of the window in which bytes are counted."""
        if now - heard >= self._pace.idle_s:
            raise Problem("request_timeout", f"Nothing came for {self._pace.idle_s:.0f} s; go on where HEAD says.")
        if now - began < self._pace.window_s:
            return began, counted
        if counted < self._pace.window_bytes:
            sentence = f"Send at least {self._pace.window_bytes} bytes in {self._pace.window_s:.0f} s."
            raise Problem("request_timeout", sentence)
        return now, 0

    def _work(self) -> None:
        """See that what came is written, and flushed in time."""
        if self._writing and self._writing.done():
            done, self._writing = self._writing, None
            done.result()
        if self._writing is None and (self._kept or self._tally.is_due(time.monotonic())):
            chunks, self._kept, self._kept_bytes = self._kept, [], 0
            self._writing = asyncio.create_task(self._write(chunks))

    async def _finish(self) -> None:
        """Bring to safety what came; where the disk is full, what came before that."""
        writing, self._writing = self._writing, None
        chunks, self._kept, self._kept_bytes = self._kept, [], 0
        try:
            if writing:
                await writing
            if not self._torn:
                await self._write(chunks)
        finally:
            if self._tally.unflushed and not self._tally.broken:
                await self._flush()

    async def _write(self, chunks: Sequence[bytes]) -> None:
        if chunks:
            await self._in_thread(partial(write_all, self._handle, chunks))
            self._tally.wrote(sum(map(len, chunks)), time.monotonic())
        if self._tally.is_due(time.monotonic()):
            await self._flush()

    async def _flush(self) -> None:
        try:
            mark = self._tally.flush_begins()
        except BrokenError:
            raise BrokenDiskError("an earlier flush has failed") from None
        try:
            await self._workers.run(partial(os.fdatasync, self._handle))
        except OSError as error:
            self._tally.flush_failed()
            raise BrokenDiskError(error.strerror) from error
        self._tally.flushed(mark)
        await self._journal.note(mark)
        self._tally.noted(mark)

    async def _in_thread(self, work: Callable[[], None]) -> None:
        try:
            await self._workers.run(work)
        except OSError as error:
            self._torn = True
            if error.errno in _FULL:
                sentence = "The disk is full; what came before is kept. Go on when there is room, where HEAD says."
                raise Problem("storage_full", sentence) from error
            self._tally.flush_failed()
            raise BrokenDiskError(error.strerror) from error


async def surely(work: Coroutine[Any, Any, None]) -> None:
    """Await `work` to its end, whoever is cancelled meanwhile: a thread that writes cannot be called back."""
    task, cancelled = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        task.exception()  # looked at, so that nobody complains
        raise asyncio.CancelledError
    task.result()
