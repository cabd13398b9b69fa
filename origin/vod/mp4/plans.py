"""Plans between requests: made once, kept on the disk, shared by all who ask for the same file.

Whoever asks for a file that has no plan yet begins to make one and waits; others wait for the same. Who has waited long
enough is told to come again (503 with Retry-After, which download tools obey), and the plan goes on being made.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.errors import Problem
from origin.stores.protocol import StoreError
from origin.stores.workers import Workers
from origin.vod.mp4 import plan_file
from origin.vod.mp4.build import build
from origin.vod.mp4.plan_file import PlanFile, PlanFileError

if TYPE_CHECKING:
    from pathlib import Path

    from origin.stores.protocol import ObjectStore
    from origin.vod.mp4.source import Source
    from packager.mp4 import Plan

log = structlog.get_logger(__name__)

WAIT_S: Final = 20.0
"""A client's patience with a silent server is 30 s and more; by then an hour is planned, from a remote store, too."""
RETRY_AFTER_S: Final = 5
BUILDS: Final = 2
"""At once. Their tables take 100 MB each for a recording of half a day."""
WAITING: Final = 16
"""Builds that are begun or wait for that. More recordings at once, asked for the first time, are not what people do."""
OPEN: Final = 32
"""Plans that are open: a file descriptor and some address space each."""
FAILURES: Final = 256
"""Recordings of which it is remembered why they have no file, a sentence each, until one is asked for anew."""
FORGIVE_S: Final = 30.0
"""A recording that could not be planned is not looked into again sooner, however often it is asked for."""
KEPT_FILES: Final = 512
KEPT_BYTES: Final = 2 << 30
"""A plan of an hour is 3 MB; whatever was not asked for longest goes, and is made anew if need be."""
THREADS: Final = 2
"""For tables, and for looking extents up: brief, since both hold Python's lock."""
WORK: Final = 1_024
"""Calls that wait for them, one a client: more clients than that do not get through at 256 KiB a call."""


class Plans:
    """The plans of one node, in `folder`, which is its own; what a crash left half written there goes at once.

    Close it at the end.
    """

    def __init__(self, folder: Path, store: ObjectStore, *, wait_s: float = WAIT_S) -> None:
        for draft in folder.glob("*.draft"):
            draft.unlink()
        self.workers = Workers("mp4", THREADS, WORK)
        self._folder = folder
        self._store = store
        self._wait_s = wait_s
        self._building = asyncio.Semaphore(BUILDS)
        self._builds: dict[str, asyncio.Task[PlanFile]] = {}
        self._open: OrderedDict[str, PlanFile] = OrderedDict()
        self._failures: OrderedDict[str, tuple[float, Problem]] = OrderedDict()

    async def plan(self, name: str, source: Source) -> PlanFile:
        """The plan of the recording that `name` always stands for: the id that it is played under.

        Raises:
            Problem: `download_preparing` when it takes long; `recording_damaged`, `download_unfit`, or the store's.
        """
        if name in self._open:
            self._open.move_to_end(name)
            return self._open[name]
        self._recall_failure(name)
        task = self._builds.get(name) or self._begin(name, source)
        done, _ = await asyncio.wait({task}, timeout=self._wait_s)
        if not done:
            sentence = "The file is being prepared, which takes some seconds for each hour of a recording; try again."
            raise Problem("download_preparing", sentence, (("retry-after", str(RETRY_AFTER_S)),))
        if task.cancelled():
            raise Problem("not_found", "This recording is being deleted.")
        return task.result()

    async def names(self) -> list[str]:
        """Names of the plans that are on the disk."""
        return await self.workers.run(lambda: [path.stem for path in self._folder.glob("*.plan")])

    async def forget(self, name: str) -> None:
        """The recording is gone: so is its plan."""
        if task := self._builds.get(name):
            task.cancel()
            await asyncio.wait({task})
        self._open.pop(name, None)
        self._failures.pop(name, None)
        await self.workers.run(partial(self._path(name).unlink, missing_ok=True))

    async def close(self) -> None:
        """Stop what is being made."""
        tasks = list(self._builds.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.workers.close()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.plan"

    def _recall_failure(self, name: str) -> None:
        failed_at, problem = self._failures.get(name, (0.0, None))
        if problem and asyncio.get_running_loop().time() < failed_at + FORGIVE_S:
            raise problem
        self._failures.pop(name, None)

    def _begin(self, name: str, source: Source) -> asyncio.Task[PlanFile]:
        if len(self._builds) >= WAITING:
            sentence = "Too many downloads are being prepared; try again in a moment."
            raise Problem("download_preparing", sentence, (("retry-after", str(RETRY_AFTER_S)),))
        task = self._builds[name] = asyncio.create_task(self._find_or_build(name, source), name=f"mp4 {name}")
        task.add_done_callback(partial(self._built, name))
        return task

    def _built(self, name: str, task: asyncio.Task[PlanFile]) -> None:
        del self._builds[name]
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._open[name] = task.result()
            while len(self._open) > OPEN:
                self._open.popitem(last=False)
            return
        problem = error if isinstance(error, Problem) else Problem("internal", "The file could not be prepared.")
        log.warning("no_mp4", recording=name, reason=str(problem), exc_info=None if problem is error else error)
        self._failures[name] = asyncio.get_running_loop().time(), problem
        while len(self._failures) > FAILURES:
            self._failures.popitem(last=False)

    async def _find_or_build(self, name: str, source: Source) -> PlanFile:
        path = self._path(name)
        found = await self.workers.run(partial(_opened, path))
        if found is not None:
            return found
        async with self._building:
            plan = await build(source, self._store, self.workers)
            return await self.workers.run(partial(_kept, plan, path))


def _opened(path: Path) -> PlanFile | None:
    try:
        plan = PlanFile(path)
        os.utime(path)
    except (OSError, PlanFileError):
        return None
    return plan


def _kept(plan: Plan, path: Path) -> PlanFile:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        plan_file.write(plan, path)
        made = PlanFile(path)
        _make_room(path)
    except OSError as error:
        raise StoreError(f"The data directory does not take the file's plan: {error.strerror}.") from error
    return made


def _make_room(newest: Path) -> None:
    """Remove plans that were not opened for longest, until the rest is within bounds; `newest` stays in any case."""
    with os.scandir(newest.parent) as entries:
        others = [entry for entry in entries if entry.name.endswith(".plan") and entry.name != newest.name]
    files, size = 1, newest.stat().st_size
    for entry in sorted(others, key=_opened_at, reverse=True):
        with suppress(FileNotFoundError):  # forgotten meanwhile
            files, size = files + 1, size + entry.stat().st_size
            if files > KEPT_FILES or size > KEPT_BYTES:
                os.unlink(entry.path)  # noqa: PTH108 - an entry is no Path


def _opened_at(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
