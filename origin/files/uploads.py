"""Uploads as the web room meets them: made, looked at, written to, taken back.

Whoever turns up for an upload (HEAD, PATCH, DELETE) takes it from whoever wrote to it before, at once: that one may be
a connection of which only our half is left, and its client is the one who turns up. The writer that is put out brings
to safety what it has got, so what HEAD then tells is all that there is. Among requests to one upload that come at the
same time, one after the other has its turn.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from origin.catalog import uploads
from origin.catalog.errors import OutcomeUnknownError
from origin.catalog.ids import derived_id, new_id
from origin.catalog.uploads import State, Upload
from origin.errors import Problem
from origin.files import machine
from origin.files.machine import Event
from origin.files.names import checked_name, checked_type
from origin.files.receiver import Pace
from origin.files.scratch import FileLostError
from origin.files.writer import Writer, fail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from origin.catalog.database import Catalog
    from origin.files.receiver import Source
    from origin.files.scratch import Scratch
    from origin.files.sealer import Sealer
    from origin.stores.workers import Workers
    from origin.wire.tus import Creation

EXPIRY_S: Final = 86_400.0
"""After the last byte: who was cut off on a Friday evening comes back before that as a rule, and disks are not free."""
MOST_WRITERS: Final = 256
"""Requests that write at a time: 1 MiB each waits for the disk, so 256 MiB, and as many open files."""
WORKERS: Final = (8, 4 * MOST_WRITERS)
"""Threads and calls that may wait: flushing is waiting for the disk, which a few do at a time; each writer has one call
under way, and two threads may be at digests. Calls are bounded by what makes them."""
MOST_UNFINISHED: Final = 1_000
"""Of one tenant: a row and a file each. A script that makes uploads and forgets them meets this before the disk."""
SEAL_S: Final = 20.0
"""How long the request that brings the last byte waits for the object: 40 GB are hashed in that time, and no client
gives up sooner. Whoever has to wait longer looks again with HEAD."""
_SOON: Final = (("Retry-After", "2"),)


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of an upload: where they begin, how many they say they are (None: they do not say), and where they are."""

    offset: int
    declared: int | None
    source: Source


@dataclass(slots=True)
class _Turn:
    """Who may go on with one upload. Kept while anybody wants it, or writes."""

    lock: asyncio.Lock
    wanted: int = 0
    writer: Writer | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, writer: Writer) -> None:
        """Somebody writes, from now on without the lock."""
        self.wanted += 1
        self.writer = writer
        self.over.clear()

    def end(self) -> None:
        """Nobody does any more."""
        self.writer = None
        self.over.set()

    async def put_out(self, reason: Problem) -> None:
        """End whoever writes; when it returns, all that came is safe."""
        if self.writer:
            self.writer.receiver.stop(reason)
            await self.over.wait()


class Uploads:
    """All uploads of one node."""

    def __init__(  # noqa: PLR0913 - what it stands on
        self,
        catalog: Catalog,
        scratch: Scratch,
        sealer: Sealer,
        workers: Workers,
        *,
        clock: Callable[[], float],
        random: Callable[[int], bytes],
        pace: Pace | None = None,
        expiry_s: float = EXPIRY_S,
    ) -> None:
        self._catalog = catalog
        self._scratch = scratch
        self._sealer = sealer
        self._workers = workers
        self._clock = clock
        self._random = random
        self._pace = pace or Pace()
        self.expiry_s = expiry_s
        self._turns: dict[str, _Turn] = {}
        self._writers = 0
        self._closing = False

    async def create(self, tenant_id: str, asked: Creation, key: str | None = None) -> Upload:
        """Make an upload. The same `key` (of whoever repeats a request) is the same upload.

        Raises:
            Problem: `bad_request`, `rate_limited`, `storage_full`, `idempotency_mismatch`, `draining`.
        """
        self._check_open()
        upload = self._new(tenant_id, asked, key)
        async with self._turn(upload.id):  # of two with the same key, the second finds what the first has made
            known = await self._catalog.read(lambda conn: uploads.get(conn, tenant_id, upload.id)) if key else None
            if known:
                return _same(known, upload)
            await self._make(upload)
        if not upload.length:
            self._sealer.begin(upload)
            await self._sealer.wait(upload.id, SEAL_S)
            upload = await self._find(tenant_id, upload.id)
        return upload

    async def _make(self, upload: Upload) -> None:
        if upload.length > await self._workers.run(self._scratch.room):
            raise Problem("storage_full", "There is not enough room for so many bytes; ask the operator for more.")
        try:
            await self._workers.run(partial(self._scratch.create, upload.id))
        except OSError as error:
            raise Problem("storage_full", f"The disk takes no new file: {error.strerror}.") from error
        try:
            await self._catalog.write(partial(uploads.create, upload=upload, most=MOST_UNFINISHED))
        except OutcomeUnknownError:
            raise  # it may be there, and then needs its file; if not, the next start removes it
        except Problem:
            await self._workers.run(partial(self._scratch.remove, upload.id))
            raise

    async def look(self, tenant_id: str, upload_id: str) -> Upload:
        """Say how far it has come, after whoever wrote to it has been put out.

        Raises:
            Problem: `not_found`; `upload_elsewhere`; `upload_gone`.
        """
        found = await self._find(tenant_id, upload_id)
        if found.state in uploads.OPEN:
            async with self._turn(upload_id):
                found = await self._find(tenant_id, upload_id)
        return _not_gone(found)

    async def append(self, tenant_id: str, upload_id: str, piece: Piece) -> Upload:
        """Write a piece behind its offset; how far the upload has come then.

        Raises:
            Problem: as `look`; `offset_mismatch`; `body_too_large`; `too_many_waiting`; what `Receiver` raises.
            Exception: whatever the piece's source raised. What came before is kept in all cases.
        """
        self._check_open()
        _not_gone(await self._find(tenant_id, upload_id))
        if self._writers >= MOST_WRITERS:
            raise Problem("too_many_waiting", "Many uploads are being written; try again in a moment.", _SOON)
        self._writers += 1
        try:
            await self._append(tenant_id, upload_id, piece)
        finally:
            self._writers -= 1
        await self._sealer.wait(upload_id, SEAL_S)
        return _not_gone(await self._find(tenant_id, upload_id))

    async def cancel(self, tenant_id: str, upload_id: str) -> None:
        """Take it back, with its bytes. Raises Problem: as `look`; `conflict` for what is an object already."""
        async with self._turn(upload_id):
            found = _not_gone(await self._find(tenant_id, upload_id))
            states, now = machine.before(Event.CANCELLED), self._clock()
            if not await self._catalog.write(lambda conn: uploads.end(conn, found.id, states, State.CANCELLED, now)):
                raise Problem("conflict", "All its bytes have come, and it is an object or will be; delete that.")
            await self._workers.run(partial(self._scratch.remove, upload_id))

    async def close(self) -> None:
        """Put all writers out, once what they have got is safe. Nothing is taken any more."""
        self._closing = True
        for turn in list(self._turns.values()):
            await turn.put_out(_draining())
        await self._sealer.close()

    def _new(self, tenant_id: str, asked: Creation, key: str | None) -> Upload:
        name = derived_id("up_", f"{tenant_id} {key}") if key is not None else new_id("up_", self._random)
        now = self._clock()
        filename = asked.metadata.get("filename", asked.metadata.get("name", ""))
        return Upload(
            id=name,
            tenant_id=tenant_id,
            name=checked_name(filename) if filename else name,
            content_type=checked_type(asked.metadata.get("filetype", asked.metadata.get("type", ""))),
            metadata=asked.said,
            state=State.CREATED if asked.length else machine.follow(State.CREATED, Event.FILLED),
            length=asked.length,
            durable_offset=0,
            fence=0,
            place=self._scratch.place,
            expires_at=now + self.expiry_s,
            created_at=now,
        )

    async def _find(self, tenant_id: str, upload_id: str) -> Upload:
        found = await self._catalog.read(lambda conn: uploads.get(conn, tenant_id, upload_id))
        if found is None:
            raise Problem("not_found", "There is no upload with this id; make a new one with POST.")
        if found.state in uploads.UNFINISHED and found.place != self._scratch.place:
            sentence = "The bytes of this upload are with another node; send the request again to reach that one."
            raise Problem("upload_elsewhere", sentence, _SOON)
        return found

    async def _append(self, tenant_id: str, upload_id: str, piece: Piece) -> None:
        async with self._turn(upload_id) as turn:
            found = _not_gone(await self._find(tenant_id, upload_id))
            if piece.offset != found.durable_offset:
                raise _mismatch(found)
            if found.state not in uploads.OPEN:
                return  # who did not hear that it is whole says the last step again
            if piece.declared is not None and piece.offset + piece.declared > found.length:
                raise Problem("body_too_large", f"The upload was to have {found.length} bytes.")
            writer = await self._seize(found, piece.offset)
            turn.begin(writer)
        try:
            if self._closing:
                writer.receiver.stop(_draining())
            await writer.run(piece.source)
        finally:
            turn.end()
            self._release(upload_id, turn)
            if writer.tally.full:
                self._sealer.begin(found)

    async def _seize(self, found: Upload, offset: int) -> Writer:
        """Take the right to write, and the file."""
        until = self._clock() + self.expiry_s
        fence = await self._catalog.write(lambda conn: uploads.seize(conn, found.id, offset, until))
        if fence is None:
            raise _mismatch(found)
        try:
            handle = await self._workers.run(partial(self._scratch.open, found.id, offset), discard=os.close)
        except (FileLostError, OSError) as error:
            reason = f"its file cannot be gone on with ({str(error) or 'bytes are missing'})"
            raise await fail(self._catalog, found.id, reason, self._clock()) from error
        upload = replace(found, fence=fence, durable_offset=offset)
        return Writer(
            self._catalog,
            upload,
            handle,
            self._workers,
            pace=self._pace,
            clock=self._clock,
            expiry_s=self.expiry_s,
        )

    @asynccontextmanager
    async def _turn(self, upload_id: str) -> AsyncIterator[_Turn]:
        """Be the only one who decides about an upload, when whoever wrote to it has brought its bytes to safety."""
        turn = self._turns.setdefault(upload_id, _Turn(asyncio.Lock()))
        turn.wanted += 1
        try:
            async with turn.lock:
                await turn.put_out(Problem("upload_superseded", "Another request goes on with this upload."))
                yield turn
        finally:
            self._release(upload_id, turn)

    def _release(self, upload_id: str, turn: _Turn) -> None:
        turn.wanted -= 1
        if not turn.wanted:
            self._turns.pop(upload_id, None)

    def _check_open(self) -> None:
        if self._closing:
            raise _draining()


def _draining() -> Problem:
    return Problem("draining", "The server stops; go on in a moment, where HEAD says.", _SOON)


def _mismatch(upload: Upload) -> Problem:
    told = (("Upload-Offset", str(upload.durable_offset)),)
    return Problem("offset_mismatch", f"The upload is at offset {upload.durable_offset}; go on there.", told)


def _not_gone(upload: Upload) -> Upload:
    """Give the upload back. Raises `upload_gone` if it has ended without becoming an object."""
    if upload.state in (State.COMMITTED, *uploads.UNFINISHED):
        return upload
    why = {State.CANCELLED: "was taken back", State.EXPIRED: "was not gone on with for too long"}
    sentence = why.get(State(upload.state), f"has failed: {upload.error}")
    raise Problem("upload_gone", f"The upload {sentence}; make a new one with POST.")


def _same(known: Upload, asked: Upload) -> Upload:
    """Give what was made before, if it is what is asked for."""
    if (known.length, known.metadata) != (asked.length, asked.metadata):
        raise Problem("idempotency_mismatch", "This Idempotency-Key was sent with another upload; make a new key.")
    return _not_gone(known)
