"""Makes an object of an upload whose bytes are all on the disk: digest, then into the store, then the catalog.

    SEALING ─ hash in a thread ─ store.take (rename) ─ a transaction: version, object, upload, what follows → COMMITTED

Each step may be done again after a crash: the version's id comes from the upload's, so the key is the same; a file that
is in the store already is found there. A store or a catalog that fails is asked again, for as long as it takes: the
client has been told that its bytes are safe, and they are.
"""

from __future__ import annotations

import asyncio
import hashlib
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import objects, uploads
from origin.catalog.ids import derived_id, new_id
from origin.catalog.objects import Version
from origin.catalog.uploads import State
from origin.errors import Problem
from origin.files import machine
from origin.files.machine import Event
from origin.stores.protocol import Adopting
from origin.wire import tus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from origin.catalog.database import Catalog
    from origin.catalog.objects import OnCommitted
    from origin.catalog.uploads import Upload
    from origin.files.scratch import Scratch
    from origin.stores.protocol import ObjectStore
    from origin.stores.workers import Workers

AT_ONCE: Final = 2
"""Files that are hashed or sent: each takes a core, or a line, for as long as it lasts."""
PAGE: Final = 1_000
"""Looked at in one go; whatever is beyond has its turn a minute later."""
AGAIN_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses while a store or the catalog does not answer; the last one again and again."""
HASH_BYTES: Final = 1 << 20
"""Read in one call: below it calls cost more than the digest."""

_log = structlog.get_logger(__name__)


class _LostError(Exception):
    """The bytes are neither in the folder nor in the store."""


class Sealer:
    """One task a file, and `AT_ONCE` of them at work. `close` leaves them to the next start."""

    def __init__(  # noqa: PLR0913 - what it stands on
        self,
        catalog: Catalog,
        store: ObjectStore,
        scratch: Scratch,
        workers: Workers,
        *,
        on_committed: OnCommitted,
        announce: Callable[[], Awaitable[None]],
        clock: Callable[[], float],
        random: Callable[[int], bytes],
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._scratch = scratch
        self._workers = workers
        self._on_committed = on_committed
        self._announce = announce
        self._clock = clock
        self._random = random
        self._room = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    async def resume(self) -> None:
        """Go on with all that were being sealed: at a start, and from time to time."""
        place = self._scratch.place
        for upload in await self._catalog.read(lambda conn: uploads.in_state(conn, place, State.SEALING, PAGE)):
            self.begin(upload)

    def begin(self, upload: Upload) -> None:
        """Seal it, unless that is under way."""
        if upload.id not in self._tasks and not self._closed:
            task = self._tasks[upload.id] = asyncio.create_task(self._seal(upload))
            task.add_done_callback(lambda _: self._tasks.pop(upload.id, None))

    async def wait(self, upload_id: str, patience_s: float) -> None:
        """Wait until it is done with one, or for so long."""
        if task := self._tasks.get(upload_id):
            await asyncio.wait({task}, timeout=patience_s)

    async def close(self) -> None:
        """Stop; what is not committed goes on at the next start."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _seal(self, upload: Upload) -> None:
        async with self._room:
            tries = 0
            while True:
                try:
                    await self._try_or_fail(upload)
                except Problem as problem:
                    pause = AGAIN_S[min(tries, len(AGAIN_S) - 1)]
                    _log.warning("upload_not_sealed", upload_id=upload.id, detail=problem.detail, again_in_s=pause)
                    tries += 1
                    await asyncio.sleep(pause)
                else:
                    return

    async def _try_or_fail(self, upload: Upload) -> None:
        try:
            await self._try(upload)
        except (_LostError, OSError) as error:
            await self._fail(upload, str(error))

    async def _try(self, upload: Upload) -> None:
        version_id = derived_id("ve_", upload.id)
        key = objects.key_of(upload.tenant_id, version_id)
        digest = await self._stored(upload, key)
        version = Version(
            id=version_id,
            tenant_id=upload.tenant_id,
            object_id=new_id("ob_", self._random),  # if the name is new
            key=key,
            size=upload.length,
            sha256=digest,
            content_type=upload.content_type,
            created_at=self._clock(),
            name=upload.name,
        )
        metadata = tus.read_metadata(upload.metadata.encode())
        commit = partial(
            uploads.commit,
            upload_id=upload.id,
            version=version,
            metadata=metadata,
            on_committed=self._on_committed,
            now=version.created_at,
        )
        done = await self._catalog.write(commit)
        await self._announce()
        await self._workers.run(partial(self._scratch.remove, upload.id))
        _log.info("upload_committed", upload_id=upload.id, object_id=done and done.object_id, bytes=upload.length)

    async def _stored(self, upload: Upload, key: str) -> str:
        """See that the bytes are in the store; their SHA-256."""
        if await self._workers.run(partial(self._scratch.has, upload.id)):
            digest = await self._workers.run(partial(_digest, self._scratch.path(upload.id), upload.length))
            if not isinstance(self._store, Adopting):
                raise Problem("store_failed", "This store takes no files; set store_url to file: or s3:.")
            await self._store.take(key, self._scratch.path(upload.id))
            return digest
        if await self._store.size(key) != upload.length:
            raise _LostError("the file of the upload is gone")
        return await self._digest_stored(key)

    async def _digest_stored(self, key: str) -> str:
        """After a crash between the rename and the commit."""
        digest = hashlib.sha256()
        async for chunk in self._store.stream(key):
            await self._workers.run(partial(digest.update, chunk))
        return digest.hexdigest()

    async def _fail(self, upload: Upload, reason: str) -> None:
        _log.error("upload_failed", upload_id=upload.id, reason=reason)
        states, now = machine.before(Event.BROKEN), self._clock()
        await self._catalog.write(lambda conn: uploads.end(conn, upload.id, states, State.FAILED, now, reason))


def _digest(path: Path, length: int) -> str:
    """Hash a file of so many bytes, and no others. Raises `_LostError`, `OSError`."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(HASH_BYTES):
            digest.update(chunk)
            size += len(chunk)
    if size != length:
        raise _LostError(f"the file has {size} bytes, not {length}")
    return digest.hexdigest()
