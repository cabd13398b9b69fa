"""One request that writes to an upload: its file, its count, and its right to say how far the bytes are safe."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import TYPE_CHECKING

import structlog

from origin.catalog import uploads
from origin.catalog.uploads import State
from origin.errors import Problem
from origin.files import machine
from origin.files.machine import Event
from origin.files.receiver import BrokenDiskError, Receiver, surely
from origin.files.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.catalog.database import Catalog
    from origin.catalog.uploads import Upload
    from origin.files.receiver import Pace, Source
    from origin.stores.workers import Workers

_log = structlog.get_logger(__name__)


class Writer:
    """Writes behind what is durable of `upload`, whose fence is this writer's. `run` closes the handle."""

    def __init__(  # noqa: PLR0913 - what it stands on
        self,
        catalog: Catalog,
        upload: Upload,
        handle: int,
        workers: Workers,
        *,
        pace: Pace,
        clock: Callable[[], float],
        expiry_s: float,
    ) -> None:
        self._catalog = catalog
        self._upload = upload
        self._handle = handle
        self._workers = workers
        self._clock = clock
        self._expiry_s = expiry_s
        self.tally = Tally(upload.length, upload.durable_offset)
        self.receiver = Receiver(handle, self.tally, self, workers, pace)

    async def run(self, source: Source) -> None:
        """Take what `source` gives. Raises Problem, and what `source` raises; what came is safe then, too."""
        try:
            await self.receiver.receive(source)
        except BrokenDiskError as error:
            reason = f"the disk did not keep its bytes ({error})"
            raise await fail(self._catalog, self._upload.id, reason, self._clock()) from error
        finally:
            await surely(self._leave())

    async def note(self, offset: int) -> None:
        """As `Journal`. The last byte brings the upload to its next state in the same statement."""
        await self._note(offset, State.SEALING if offset == self._upload.length else State.RECEIVING)

    async def _note(self, offset: int, state: State) -> None:
        until = self._clock() + self._expiry_s
        work = partial(
            uploads.note,
            upload_id=self._upload.id,
            fence=self._upload.fence,
            offset=offset,
            expires_at=until,
            state=state,
        )
        if not await self._catalog.write(work):
            raise Problem("upload_superseded", "The upload has ended, or another request goes on with it.")

    async def _leave(self) -> None:
        self._workers.soon(partial(os.close, self._handle))
        if not self.tally.full and not self.tally.broken:
            with contextlib.suppress(Problem):  # it may be over; who comes next does not need to be told that we left
                await self._note(self.tally.durable, machine.follow(State.RECEIVING, Event.LEFT))


async def fail(catalog: Catalog, upload_id: str, reason: str, now: float) -> Problem:
    """Bring an upload to its bad end; what to tell its client."""
    _log.error("upload_failed", upload_id=upload_id, reason=reason)
    states = machine.before(Event.BROKEN)
    await catalog.write(lambda conn: uploads.end(conn, upload_id, states, State.FAILED, now, reason))
    return Problem("upload_gone", f"The upload has failed: {reason}. Begin anew.")
