"""Directors that share catalog, store, bus and journal, as nodes do, with one stream."""

from __future__ import annotations

import asyncio
import itertools
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from origin.bus.journals.memory import MemoryJournal
from origin.bus.memory import MemoryBus
from origin.bus.protocol import BusError
from origin.catalog import broadcasts, streams
from origin.catalog.auditor import Auditor
from origin.catalog.database import Catalog
from origin.catalog.ids import secret_hash
from origin.catalog.streams import Changes
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
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from origin.catalog.streams import Stream
    from origin.live.channel import Channel

T = TypeVar("T")
KEY = "sk_right"


class Flaky(MemoryJournal):
    """A real journal that cannot be reached while `away`."""

    away = False

    async def tell(
        self, broadcast: str, epoch: int, entries: Sequence[bytes], bodies: Mapping[str, Sequence[bytes]]
    ) -> int:
        if self.away:
            raise BusError("The journal is away.")
        return await super().tell(broadcast, epoch, entries, bodies)

    async def begin(self, broadcast: str, epoch: int, snapshot: bytes) -> int:
        if self.away:
            raise BusError("The journal is away.")
        return await super().begin(broadcast, epoch, snapshot)


class Away(Catalog):
    """A real catalog that cannot be reached while `away`, or not be written while `full`."""

    away = False
    full = False

    async def read(self, work: Callable[[Connection], T]) -> T:
        if self.away:
            raise Problem("catalog_failed", "The database is away.")
        return await super().read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        if self.away or self.full:
            raise Problem("catalog_failed", "The database is away.")
        return await super().write(work)


class Site:
    """What the nodes share, and one stream."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.store = MemoryStore()
        self.places: dict[str, MemoryStore] = {}
        """What is a node's own, by its name."""
        self.journal = Flaky()
        self.bus = MemoryBus()
        self.now = 1_800_000_000.0
        self.stream: Stream
        self._folder = folder
        self._numbers = itertools.count()

    def node(self, name: str) -> Director:
        return Director(
            Means(
                catalog=self.catalog,
                store=self.store,
                drafts=None,
                unsent=Unsent(self.places.setdefault(name, MemoryStore()), self.store, self.catalog),
                logbook=Logbook(self._folder / name),
                find_stream=self._find,
                signer=lambda: SIGNER,
                manifest_keys=lambda: KEYS,
                auditor=Auditor(self.catalog, clock=lambda: self.now, random=os.urandom),
                owner=name,
                shared=Shared(self.bus, self.journal),
                clock=lambda: self.now,
                random=os.urandom,
                part_target_s=0.2,
            )
        )

    async def _find(self, key: str, _peer: str) -> Stream | None:
        return await self.catalog.read(lambda conn: streams.by_key_hash(conn, secret_hash(key)))

    async def publish(self, node: Director, seconds: float = 5.0) -> Publication:
        publication = await node.open(KEY, "rtmp", "127.0.0.1")
        assert isinstance(publication, Publication)
        publication.set_track(VIDEO)
        push_all(publication, pictures(seconds))
        await settled(node)
        return publication

    async def show_no_parts(self) -> None:
        """Make it a stream whose players are told of whole segments only."""
        await self._change(Changes(latency="standard"))

    async def record(self, dvr_window_s: float = 60.0) -> None:
        """Make it a stream whose broadcasts are recorded."""
        await self._change(Changes(record=True, dvr_window_s=dvr_window_s))

    async def _change(self, changes: Changes) -> None:
        stream = self.stream
        self.stream = await self.catalog.write(
            lambda conn: streams.update(conn, stream.tenant_id, stream.id, changes, None, self.now)
        )

    async def broadcast(self) -> broadcasts.Broadcast:
        (row,) = await self.catalog.read(broadcasts.open_ones)
        return row


@asynccontextmanager
async def nodes(site: Site, *names: str) -> AsyncIterator[list[Director]]:
    made = [site.node(name) for name in names]
    try:
        yield made
    finally:
        for node in made:
            await node.drain()


async def settled(node: Director) -> None:
    """Wait until viewers see all that was published."""
    for on_air in node._register:
        await on_air.channel._settle()


def kill(node: Director) -> None:
    """Let nothing run any more that a dead process would not."""
    for run in node._runs:
        run.cancel()


async def text(channel: Channel | None) -> str:
    assert channel is not None
    return (await channel.playlist("v0", ReloadQuery())).plain.decode()


def uris(playlist: str) -> set[str]:
    return {line for line in playlist.splitlines() if line.endswith(".m4s")}


async def until_shown(channel: Channel | None, msn: int) -> str:
    assert channel is not None
    return (await channel.playlist("v0", ReloadQuery(msn))).plain.decode()


async def until_same(channel: Channel | None, expected: str) -> bool:
    """Wait until viewers of this channel see what those of another do."""
    async with asyncio.timeout(10):
        while await text(channel) != expected:  # noqa: ASYNC110 - as a viewer
            await asyncio.sleep(0.01)
    return True


async def watched_bytes(site: Site, channel: Channel | None, uri: str) -> bytes:
    """What a viewer of this channel gets of a segment."""
    assert channel is not None
    body = await channel.media(f"v0/{uri}")
    return b"".join(body) if body else await site.store.get(f"{channel.prefix}v0/{uri}")
