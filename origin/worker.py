"""What does jobs, put together: in a server, and as a process of its own that does nothing else (`headwater worker`).

As `app`, it names concrete classes: which performer does which kind of job.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from typing import TYPE_CHECKING, Final

import structlog

from origin.bus.table import open_bus
from origin.catalog import jobs
from origin.catalog.database import Catalog
from origin.catalog.ids import new_id
from origin.stores.table import open_store
from origin.vod.packaging import child
from origin.vod.packaging.performer import Packaging
from origin.vod.packaging.scratch import Scratch
from origin.vod.runner import Runner

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from origin.bus.protocol import Bus
    from origin.config import Settings
    from origin.stores.protocol import ObjectStore

SCRATCH: Final = "scratch"
"""In the data directory: files on their way into the store."""

log = structlog.get_logger(__name__)


class Worker:
    """A process that does jobs, and shares catalog, store and bus with servers. It needs no lock and no secret."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._cleanup = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Open everything and begin. Raises `Problem`, and OSError for the data directory."""
        settings, cleanup = self.settings, self._cleanup
        try:
            catalog = await asyncio.to_thread(Catalog.open, settings.database_url)
            cleanup.push_async_callback(asyncio.to_thread, catalog.close)
            store = await asyncio.to_thread(open_store, settings.store_url)
            cleanup.push_async_callback(store.close)
            bus = open_bus(settings.bus_url)
            cleanup.push_async_callback(bus.close)
            scratch = await open_scratch(settings, cleanup)
        except BaseException:
            await cleanup.aclose()
            raise
        cleanup.push_async_callback(_ended, asyncio.create_task(runner_of(catalog, store, bus, scratch).run()))
        log.info("working")

    async def stop(self) -> None:
        """Give back what is under way, and close."""
        await self._cleanup.aclose()
        log.info("stopped")


async def open_scratch(settings: Settings, cleanup: AsyncExitStack) -> Scratch:
    """Make a folder for files on their way, which goes with `cleanup`."""
    scratch = await asyncio.to_thread(Scratch, settings.data_dir / SCRATCH)
    cleanup.push_async_callback(asyncio.to_thread, scratch.close)
    return scratch


def runner_of(catalog: Catalog, store: ObjectStore, bus: Bus, scratch: Scratch) -> Runner:
    """Make what takes jobs and has them done, as many at once as there are cores."""
    performers = {jobs.PACKAGE: Packaging(catalog, store, scratch, child.PROGRAM)}
    name = new_id("wo_", os.urandom)
    return Runner(catalog, bus, performers, name=name, most=os.cpu_count() or 1, clock=time.time)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
