"""A director over a real catalog with one stream, and the stores and clocks that tests give it."""

from __future__ import annotations

import asyncio
import itertools
import os
from typing import TYPE_CHECKING, TypeVar

from origin.catalog import streams, tenants
from origin.catalog.auditor import Auditor
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT, secret_hash
from origin.catalog.streams import NewStream
from origin.errors import Problem
from origin.live.director import Director
from origin.live.means import Means, Shared
from origin.live.publication import Publication
from origin.live.unsent import Unsent
from origin.stores.logbook import Logbook
from origin.stores.memory import MemoryStore
from packager.hls.reload import ReloadQuery
from tests.support.frames import VIDEO, pictures, push_all
from tests.support.keys import KEYS, SIGNER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from origin.catalog.streams import Stream

T = TypeVar("T")
KEY = "sk_right"


class Slow(MemoryStore):
    """A store that takes nothing until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.let_in = asyncio.Event()

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        await self.let_in.wait()
        await super().put(key, body)


class Failing(Catalog):
    """A real catalog on a disk that is full while `full` is set."""

    full = False

    async def write(self, work: Callable[[Connection], T]) -> T:
        if self.full:
            raise Problem("catalog_failed", "The disk is full.")
        return await super().write(work)


class House:
    """A director over a real catalog with one stream, and a clock that the test turns."""

    def __init__(self, catalog: Catalog, logs: Path) -> None:
        assert isinstance(catalog, Failing)
        self.catalog = catalog
        self._logs = logs
        self._logbooks: list[Logbook] = []
        self.store: MemoryStore = MemoryStore()
        self.place = MemoryStore()
        """What is the node's own."""
        self.now = 1_800_000_000.0
        self.shared: Shared | None = None
        self.stream: Stream
        self._numbers = itertools.count()
        self.director = self.another("no_one")

    def another(self, owner: str) -> Director:
        return Director(
            Means(
                catalog=self.catalog,
                store=self.store,
                drafts=None,
                unsent=Unsent(self.place, self.store, self.catalog),
                logbook=self._logbook(),
                find_stream=self._find,
                signer=lambda: SIGNER,
                manifest_keys=lambda: KEYS,
                auditor=Auditor(self.catalog, clock=lambda: self.now, random=os.urandom),
                owner=owner,
                shared=self.shared,
                clock=lambda: self.now,
                random=os.urandom,
                part_target_s=0.2,
            )
        )

    def _logbook(self) -> Logbook:
        """As a new process would open it, when the one before is gone."""
        for book in self._logbooks:
            book.close()
        self._logbooks.append(Logbook(self._logs))
        return self._logbooks[-1]

    async def add_stream(self, *, reconnect_window_s: int) -> None:
        await self.catalog.write(lambda conn: tenants.ensure_default(conn, self.now))
        new = NewStream(
            id=f"st_{next(self._numbers)}",
            tenant_id=DEFAULT_TENANT,
            name="test",
            key_hash=secret_hash(KEY),
            playback_id="pb_one",
            latency="low",
            playback="signed",
            dvr_window_s=60,
            reconnect_window_s=reconnect_window_s,
        )
        self.stream = await self.catalog.write(lambda conn: streams.create(conn, new, self.now))

    async def _find(self, key: str, _peer: str) -> Stream | None:
        return await self.catalog.read(lambda conn: streams.by_key_hash(conn, secret_hash(key)))

    async def publish(self, seconds: float = 5, director: Director | None = None) -> Publication:
        publication = await (director or self.director).open(KEY, "rtmp", "127.0.0.1")
        assert isinstance(publication, Publication)
        publication.set_track(VIDEO)
        push_all(publication, pictures(seconds))
        return publication

    @property
    def state(self) -> str:
        return self.director.status(self.stream.id).state

    @property
    def publication(self) -> Publication | None:
        return self.director._register.publication(self.stream.id)

    async def text(self) -> str:
        channel = self.director.channel("pb_one")
        assert channel is not None
        return (await channel.playlist("v0", ReloadQuery())).plain.decode()


def uris(text: str) -> set[str]:
    """The segments of a playlist."""
    return {line for line in text.splitlines() if line.endswith(".m4s")}


def media_sequence(text: str) -> int:
    """The number of a playlist's first segment."""
    return int(text.partition("#EXT-X-MEDIA-SEQUENCE:")[2].partition("\n")[0])
