"""Packages an uploaded object into an asset: the performer of the job `package`.

    object → program → files on scratch → store, a few at a time → rows → the job is done → `Finisher` does the rest

Rows follow their objects, never the other way round, and are written in transactions that have the job. Every name
bears the attempt, so attempts that overlap keep out of each other's way; each removes what earlier ones have left, and
its own when it fails. What slips through (a put by a worker that was taken for dead) goes with what nothing lists
(`Finisher`), or with the asset (`sweep`).
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import packages
from origin.errors import Problem
from origin.observe import metrics
from origin.vod.packaging import child, source
from origin.vod.packaging.storing import store_file
from origin.vod.performers import GoneError, RefusedError
from origin.vod.program.tales import Poster, Progress, TracksLeftOut
from packager.inventory import MAX_FILES
from packager.names import POSTER, epoch_of
from packager.recorded import Recorded, RecordedInit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from origin.catalog.database import Catalog
    from origin.catalog.jobs import Job
    from origin.stores.protocol import ObjectStore
    from origin.vod.packaging.child import Child
    from origin.vod.packaging.scratch import Scratch
    from origin.vod.program.tales import Tale

SEGMENT_S: Final = 4.0
"""As in live streams that are not of low latency; key frames decide."""
PUTS: Final = 6
"""Files put at once: a store that answers after 60 ms takes a hundred a second, which is more than programs make."""
ROWS: Final = 200
"""Written in one transaction; also how many may be told and not yet written, 100 KB."""
LISTED: Final = 1_000
"""Objects listed, and deleted, in one go: what S3 takes."""
DROPPED: Final = 2_000
"""Rows removed in one transaction, which holds up others for some ten milliseconds."""

_log = structlog.get_logger(__name__)


class Packaging:
    """A `Performer`. `program` is the packaging program's argument vector."""

    def __init__(self, catalog: Catalog, store: ObjectStore, scratch: Scratch, program: Sequence[str]) -> None:
        self._catalog = catalog
        self._store = store
        self._scratch = scratch
        self._program = program

    async def perform(self, job: Job, report: Callable[[float], None]) -> None:
        """As Performer."""
        try:
            if job.attempt > 1:
                await self._clear(job, job.attempt - 1)
            await self._package(job, report)
        except asyncio.CancelledError:
            raise  # whoever has it next, or the sweep, removes what is there
        except BaseException:
            await self._try_clear(job)
            raise

    async def _package(self, job: Job, report: Callable[[float], None]) -> None:
        order = packages.order_of(job)
        with self._scratch.folder() as folder:
            out, aside = folder / "out", folder / "aside"
            out.mkdir()
            aside.mkdir()
            async with (
                source.opened(self._store, order, self._scratch, folder) as file,
                child.started(self._program, file.fileno(), out, job.attempt, SEGMENT_S) as program,
            ):
                work = _Work(self._catalog, self._store, job, out, aside)
                await work.follow(program, report)

    async def _try_clear(self, job: Job) -> None:
        try:
            await self._clear(job, job.attempt)
        except Problem as problem:
            _log.warning("attempt_not_cleared", job=job.id, attempt=job.attempt, problem=str(problem))

    async def _clear(self, job: Job, last: int) -> None:
        """Remove objects of the attempts up to `last`, and all rows if the job is still ours."""
        prefix = f"{job.tenant_id}/{job.subject}/"
        after: str | None = None
        while page := await self._store.list(prefix, after, LISTED):
            after = page[-1].key
            old = [each.key for each in page if 0 <= epoch_of(each.key) <= last or each.key == prefix + POSTER]
            if old:
                await self._store.delete(old)
        while await self._catalog.write(lambda conn: packages.drop(conn, job, DROPPED)):
            pass


class _Work:
    """One attempt: what was told goes into the store, and what is in the store is written down."""

    def __init__(self, catalog: Catalog, store: ObjectStore, job: Job, out: Path, aside: Path) -> None:
        self._catalog = catalog
        self._store = store
        self._job = job
        self._out = out
        self._aside = aside
        self._prefix = f"{job.tenant_id}/{job.subject}/"
        self._room = asyncio.Semaphore(PUTS)
        self._stored: list[Recorded | RecordedInit | Poster] = []
        self._count = 0
        self._puts: set[asyncio.Task[None]] = set()
        self._error: Exception | None = None

    async def follow(self, program: Child, report: Callable[[float], None]) -> None:
        """Go along with the program to its end. Raises what it raises, the store and the catalog, and GoneError."""
        try:
            async with aclosing(program.tales()) as tales:
                async for told in tales:
                    await self._hear(told, report)
        except asyncio.CancelledError:
            for put in self._puts:
                put.cancel()
            raise
        finally:
            if self._puts:
                await asyncio.wait(self._puts)  # or one could come to the store after all was removed
        self._check()
        await self._write_down()
        report(1.0)

    async def _hear(self, told: Tale, report: Callable[[float], None]) -> None:
        self._check()
        if isinstance(told, Progress):
            report(told.share)
        elif isinstance(told, TracksLeftOut):
            await self._note_left_out(json.dumps([asdict(track) for track in told.tracks]))
        elif isinstance(told, (Recorded, RecordedInit, Poster)):
            await self._take(told)

    def _check(self) -> None:
        """Raise what the first put that failed has raised."""
        if self._error:
            raise self._error

    async def _take(self, row: Recorded | RecordedInit | Poster) -> None:
        self._count += 1
        if self._count > MAX_FILES:
            raise RefusedError(f"It would have more than {MAX_FILES:,} segments; cut the file into several.")
        await self._room.acquire()
        put = asyncio.create_task(self._put(row))
        self._puts.add(put)
        put.add_done_callback(self._puts.discard)
        if len(self._stored) >= ROWS:
            await self._write_down()

    async def _put(self, row: Recorded | RecordedInit | Poster) -> None:
        name = row.stored.name
        try:
            metrics.store_puts.labels("package").inc()
            with metrics.store_seconds.labels("put").time():
                await store_file(self._store, self._prefix + name, self._out / name, row.stored.size, self._aside)
            self._stored.append(row)
        except Exception as error:  # noqa: BLE001 - whatever it was, `_check` raises it
            self._error = self._error or error
        finally:
            self._room.release()

    async def _write_down(self) -> None:
        rows, self._stored = self._stored, []
        inits = [row for row in rows if isinstance(row, RecordedInit)]
        segments = [row for row in rows if isinstance(row, Recorded)]
        still = next((row.stored for row in rows if isinstance(row, Poster)), None)
        if not await self._catalog.write(lambda conn: packages.write_down(conn, self._job, segments, inits, still)):
            raise GoneError

    async def _note_left_out(self, told: str) -> None:
        if not await self._catalog.write(lambda conn: packages.note_left_out(conn, self._job, told)):
            raise GoneError
