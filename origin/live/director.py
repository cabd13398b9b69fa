"""Who is on the air. Publishers ask here to begin, viewers ask here for channels, the API for a stream's state.

A broadcast is written by whoever holds its stream's lease; the lease's fencing number is the epoch in every name, so a
writer that lost it cannot spoil anything. It is renewed well before it runs out, and taken up again after the catalog
failed for a while; a broadcast ends when somebody else has its lease.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import structlog

from media.codecs import codec_string
from origin.catalog import broadcasts, streams
from origin.catalog import on_air as rows
from origin.errors import Problem
from origin.live.backups import Backups
from origin.live.cluster import DISCONNECT, HAND_OVER, VACANT, Cluster
from origin.live.distant import Distant
from origin.live.on_air import LINGER_S, OnAir
from origin.live.opening import Opening
from origin.live.publication import Publication
from origin.live.standby import split
from origin.live.sweep import forget_broadcast
from origin.live.tenure import Tenure
from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from origin.catalog.broadcasts import Broadcast
    from origin.catalog.streams import Stream
    from origin.live.channel import Channel
    from origin.live.health import Remark
    from origin.live.means import Means
    from origin.live.standby import Standby

log = structlog.get_logger(__name__)

HAND_OVER_S: Final = 5.0
"""How long a publisher waits for another node to let go of its stream; encoders give up after some ten seconds."""
DRAIN_S: Final = 10.0
"""How long the store may take to make the last segments durable when the server stops."""
SHELF_S: Final = 5.0
"""How long the last manifests may take then; with `DRAIN_S`, below what orchestrators wait before they kill (30 s)."""


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """A stream as the API shows it."""

    state: str
    health: list[Remark]
    since: float | None
    tracks: list[str]
    broadcast_id: str | None


class Director:
    """The register of broadcasts on this node."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._by_stream: dict[str, OnAir] = {}
        self._by_playback: dict[str, OnAir] = {}
        self._doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._backups = Backups(self)
        self._chores: set[asyncio.Task[None]] = set()
        self._draining = False
        lose = partial(self._chore, self._lose)
        self._opening = Opening(means, lose)
        self._cluster = Cluster(means, means.shared.bus, self) if means.shared else None
        self._distant = Distant(means, means.shared.journal) if means.shared else None
        runs = [Tenure(means, self._by_stream.values, lose), self._cluster, self._distant]
        self._runs = [asyncio.create_task(each.run()) for each in runs if each]

    async def open(self, stream_key: str, protocol: str, peer: str) -> Publication | Standby:
        """Put a publisher on the air; one that is there already is told `taken_over`. A backup waits for its turn.

        Raises:
            Problem: `unauthorized` for an unknown key, `draining`, `conflict` when another node holds the stream.
        """
        self._refuse_when_draining()
        key, is_backup = split(stream_key)
        stream = await self._means.find_stream(key, peer)
        if stream is None:
            raise Problem("unauthorized", "This stream key opens no stream; copy it anew or rotate it.")
        async with self._door(stream.id):
            self._refuse_when_draining()
            if is_backup:
                log.info("backup_waits", stream_id=stream.id, protocol=protocol, peer=peer)
                return await self._stand_by(stream)
            on_air = await self._present(stream)
            log.info("publisher_on_air", stream_id=stream.id, protocol=protocol, peer=peer)
            return self._put_on(on_air)

    async def _present(self, stream: Stream) -> OnAir:
        """The stream's broadcast, as it is or begun."""
        on_air = self._by_stream.get(stream.id)
        if on_air is None or on_air.leaving:
            if on_air:
                await on_air.noted.wait()  # or the old broadcast's end would release the new one's lease
                self._collect(on_air)
            on_air = await self._begin(stream)
        return on_air

    async def _stand_by(self, stream: Stream) -> Standby:
        """Let a backup wait; where nobody publishes, it is needed at once."""
        standby = self._backups.add(stream.id)
        if self.publication(stream.id) is None and not (self._cluster and await self._held_elsewhere(stream)):
            standby.promote(self._put_on(await self._present(stream)))
        return standby

    def publication(self, stream_id: str) -> Publication | None:
        """As `Stage`."""
        on_air = self._by_stream.get(stream_id)
        return on_air.publication if on_air else None

    def part_silent(self, stream_id: str) -> None:
        """As `Stage`."""
        self._by_stream[stream_id].send_home("silent", "Nothing came from you any more; the backup is on the air.")

    async def fill(self, stream_id: str) -> None:
        """As `Node`."""
        async with self._door(stream_id):
            standby = self._backups.waiting(stream_id)
            if standby and self.publication(stream_id) is None and not self._draining:
                stream = await self._means.catalog.read(lambda conn: streams.by_id(conn, stream_id))
                if stream:
                    standby.promote(self._put_on(await self._present(stream)))

    async def fill_vacancies(self) -> None:
        """As `Node`."""
        for stream_id in self._backups.wanted():
            now = self._means.clock()
            if not await self._means.catalog.read(partial(rows.held, stream_id=stream_id, now=now)):
                await self.fill(stream_id)

    async def revive(self) -> None:
        """Go on with what a process before this one left open, for whoever has the catalog alone; never raises.

        What cannot be gone on with is ended. To be called before the first publisher comes.
        """
        means = self._means
        for row in await means.catalog.write(lambda conn: rows.release_all(conn, means.clock())):
            on_air = await self._revived(row)
            if on_air is None:
                await means.catalog.write(partial(broadcasts.end, broadcast_id=row.id, now=means.clock()))
            else:
                self._register(on_air)
                self._wait(on_air)

    async def _revived(self, row: Broadcast) -> OnAir | None:
        stream = await self._means.catalog.read(lambda conn: streams.get(conn, row.tenant_id, row.stream_id))
        return await self._opening.inherit(stream) if stream else None

    def channel(self, playback_id: str) -> Channel | None:
        """What viewers of `playback_id` get, or None when it is off the air."""
        on_air = self._by_playback.get(playback_id)
        return on_air.channel if on_air else None

    async def find(self, playback_id: str) -> Channel | None:
        """As `channel`, and from other nodes."""
        here = self.channel(playback_id)
        if here is not None or self._distant is None:
            return here
        return await self._distant.channel(playback_id)

    async def hand_over(self, stream_id: str) -> None:
        """As `Node`."""
        async with self._door(stream_id):
            on_air = self._by_stream.get(stream_id)
            if on_air and not on_air.leaving:
                on_air.send_home("taken_over", "Another publisher with this stream's key has taken over.")
                await self._lay_down(on_air)
                self._unregister(on_air)

    async def end_here(self, stream_id: str, reason: str) -> None:
        """As `Node`."""
        async with self._door(stream_id):
            on_air = self._by_stream.get(stream_id)
            if on_air and not on_air.leaving:
                on_air.send_home("disconnected", reason)
                await self._end(on_air)

    async def end_orphan(self, tenant_id: str, stream_id: str) -> None:
        """As `Node`."""
        async with self._door(stream_id):
            stream = await self._means.catalog.read(lambda conn: streams.get(conn, tenant_id, stream_id))
            on_air = await self._opening.inherit(stream) if stream else None
            if on_air is not None:
                self._register(on_air)
                await self._end(on_air)

    def status(self, stream_id: str) -> LiveStatus:
        """The state of a stream, known or not."""
        on_air = self._by_stream.get(stream_id)
        if on_air is None:
            return LiveStatus("idle", [], None, [], None)
        if on_air.publication:
            on_air.codecs = [codec_string(track) for track in on_air.publication.tracks]
        return LiveStatus(on_air.state, on_air.health.remarks, on_air.since, on_air.codecs, on_air.writer.broadcast_id)

    async def disconnect(self, stream_id: str, reason: str) -> None:
        """End a broadcast at once, with no reconnect window, whichever node writes it; nothing happens off the air."""
        if stream_id not in self._by_stream and self._cluster:
            await self._cluster.ask(DISCONNECT, stream_id, reason)
        await self.end_here(stream_id, reason)

    async def drain(self) -> None:
        """Tell every publisher, finish and store what is open, give the leases back. Never raises.

        Broadcasts stay open: whoever starts next goes on with them, and waits for their publishers.
        """
        self._draining = True
        self._backups.part_all("draining", "The server is shutting down; connect again in a moment.")
        for run in self._runs:
            run.cancel()
        for door in list(self._doors.values()):
            async with door:  # whoever is on the way in comes in, or meets the sign
                pass
        for on_air in list(self._by_stream.values()):
            on_air.send_home("draining", "The server is shutting down; connect again in a moment.")
        ends = [self._attempt(self._lay_down, on_air) for on_air in self._by_stream.values()]
        await asyncio.gather(*self._runs, *ends, return_exceptions=True)
        for on_air in self._by_stream.values():
            on_air.cancel_timer()
        await asyncio.gather(*self._chores, return_exceptions=True)

    def _door(self, stream_id: str) -> asyncio.Lock:
        """One at a time may change who is on the air with a stream."""
        return self._doors.setdefault(stream_id, asyncio.Lock())

    def _refuse_when_draining(self) -> None:
        if self._draining:
            raise Problem("draining", "The server is shutting down; connect again in a moment.")

    async def _begin(self, stream: Stream) -> OnAir:
        on_air = await self._opening.inherit(stream)
        if on_air is None and self._cluster and await self._held_elsewhere(stream):
            await self._cluster.ask(HAND_OVER, stream.id)
            on_air = await self._await_hand_over(stream)
        on_air = on_air or await self._opening.begin(stream)
        self._register(on_air)
        return on_air

    async def _held_elsewhere(self, stream: Stream) -> bool:
        now = self._means.clock()
        return await self._means.catalog.read(lambda conn: rows.held(conn, stream.id, now))

    async def _await_hand_over(self, stream: Stream) -> OnAir | None:
        """The broadcast as soon as its writer lets go of it; None if it does not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_OVER_S):
                while await self._held_elsewhere(stream):  # noqa: ASYNC110 - the lease is in the catalog, which tells nobody
                    await asyncio.sleep(HAND_OVER_S / 50)
        return await self._opening.inherit(stream)

    def _register(self, on_air: OnAir) -> None:
        self._by_stream[on_air.stream.id] = self._by_playback[on_air.stream.playback_id] = on_air
        metrics.live_streams.inc()

    def _put_on(self, on_air: OnAir) -> Publication:
        before, on_air.publication = on_air.publication, None
        if before and not self._backups.make_room(on_air.stream.id, before):
            before.part("taken_over", "Another publisher with this stream's key has taken over.")
            before.close("taken_over")
        on_air.cancel_timer()
        on_air.publication = Publication(
            on_air.channel,
            on_air.health,
            start_s=on_air.end_s,
            clock=self._means.clock,
            on_close=partial(self._left, on_air),
        )
        return on_air.publication

    def _left(self, on_air: OnAir, publication: Publication, reason: str) -> None:
        on_air.end_s = publication.end_s
        if on_air.publication is not publication:
            return
        on_air.publication = None
        log.info("publisher_left", stream_id=on_air.stream.id, reason=reason)
        standby = None if on_air.leaving or self._draining else self._backups.waiting(on_air.stream.id)
        if standby:
            log.info("backup_on_air", stream_id=on_air.stream.id)
            standby.promote(self._put_on(on_air))
            return
        self._wait(on_air)
        if self._cluster:
            self._chore(self._tell_vacancy, on_air)

    async def _tell_vacancy(self, on_air: OnAir) -> None:
        """A backup may wait at another node."""
        if self._cluster:
            await self._cluster.ask(VACANT, on_air.stream.id)

    def _wait(self, on_air: OnAir) -> None:
        """Give a publisher the time to come back."""
        window_s = on_air.stream.reconnect_window_s
        on_air.timer = asyncio.get_running_loop().call_later(window_s, self._chore, self._expire, on_air)

    async def _expire(self, on_air: OnAir) -> None:
        if on_air.publication is None:  # nobody has come back in the moment since the timer rang
            await self._end(on_air)

    async def _lay_down(self, on_air: OnAir) -> None:
        """Leave a broadcast to whoever goes on with it; one that waits for nobody, or has nothing to show, ends."""
        if on_air.leaving:
            return
        if not (on_air.stream.reconnect_window_s and on_air.channel.started):
            await self._end(on_air)
            return
        on_air.leaving = True
        on_air.cancel_timer()
        await on_air.channel.suspend()
        metrics.live_streams.dec()
        writer = on_air.position()
        try:
            await self._means.catalog.write(lambda conn: rows.lay_down(conn, writer, self._means.clock()))
        finally:
            await self._finish_storing(on_air, last_word=self._means.shared is None)

    async def _end(self, on_air: OnAir) -> None:
        """ENDLIST, a note in the catalog; a while later everything of it goes."""
        if on_air.leaving:
            return
        on_air.leaving = True
        on_air.cancel_timer()
        metrics.live_streams.dec()
        await on_air.channel.finish()
        on_air.timer = asyncio.get_running_loop().call_later(LINGER_S, self._collect, on_air)
        writer, ours = on_air.position(), False
        try:
            ours = await self._means.catalog.write(lambda conn: rows.finish(conn, writer, self._means.clock()))
        finally:
            on_air.noted.set()
            await self._finish_storing(on_air, last_word=ours or self._means.shared is None)
        log.info("broadcast_ended", stream_id=on_air.stream.id, broadcast_id=on_air.writer.broadcast_id)

    async def _finish_storing(self, on_air: OnAir, *, last_word: bool) -> None:
        """All media, then the manifests that list it; whatever comes of it, the broadcast can be collected then.

        Without the `last_word` no manifests: those of whoever goes on must not be written over.
        """
        try:
            await on_air.keeper.close(DRAIN_S)
            await (on_air.shelf.close(SHELF_S) if last_word else on_air.shelf.leave())
        finally:
            on_air.kept.set()

    def _collect(self, on_air: OnAir) -> None:
        on_air.cancel_timer()
        self._unregister(on_air)
        self._chore(self._forget_objects, on_air)

    def _unregister(self, on_air: OnAir) -> None:
        if self._by_stream.get(on_air.stream.id) is on_air:
            del self._by_stream[on_air.stream.id], self._by_playback[on_air.stream.playback_id]

    async def _forget_objects(self, on_air: OnAir) -> None:
        await on_air.kept.wait()  # or what is stored later would lie there for ever
        await on_air.channel.forget()
        await forget_broadcast(
            self._means.catalog, self._means.store, on_air.writer.broadcast_id, on_air.channel.prefix
        )

    async def _lose(self, on_air: OnAir) -> None:
        log.error("lease_lost", stream_id=on_air.stream.id)
        on_air.send_home("lease_lost", "Another node has taken this stream over.")
        if not on_air.leaving:
            on_air.leaving = True
            on_air.cancel_timer()
            metrics.live_streams.dec()
            self._unregister(on_air)
            await on_air.channel.abandon()
            await on_air.shelf.leave()
            await on_air.keeper.close(DRAIN_S)

    def _chore(self, job: Callable[[OnAir], Awaitable[None]], on_air: OnAir) -> None:
        """Run `job` beside everything else, and keep hold of it until it is done."""
        task = asyncio.create_task(self._attempt(job, on_air))
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _attempt(self, job: Callable[[OnAir], Awaitable[None]], on_air: OnAir) -> None:
        """Do one thing for one stream; a catalog that fails then costs no other stream anything."""
        try:
            await job(on_air)
        except Problem as problem:
            metrics.catalog_failures.labels("broadcast").inc()
            log.warning("chore_failed", stream_id=on_air.stream.id, problem=str(problem))
