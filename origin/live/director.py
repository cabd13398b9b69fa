"""Who is on the air. Publishers ask here to begin, viewers ask here for channels, the API for a stream's state.

A broadcast is written by whoever holds its stream's lease; the lease's fencing number is the epoch in every name, so a
writer that lost it cannot spoil anything. It is renewed well before it runs out, and taken up again after the catalog
failed for a while; a broadcast ends when somebody else has its lease.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import structlog

from media.codecs import codec_string
from origin.catalog import on_air as rows
from origin.catalog.ids import new_id
from origin.errors import Problem
from origin.live.channel import Channel
from origin.live.health import Health, Remark
from origin.live.keeper import Keeper
from origin.live.on_air import LINGER_S, OnAir
from origin.live.publication import Publication
from origin.live.sweep import forget_broadcast
from origin.observe import metrics
from packager.names import is_init
from packager.pipeline import LivePackager, LiveSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from origin.catalog.database import Catalog
    from origin.catalog.on_air import Writer
    from origin.catalog.streams import Stream
    from origin.stores.protocol import ObjectStore

log = structlog.get_logger(__name__)

LEASE_TTL_S: Final = 15.0
"""How long a dead node keeps others from its streams; three renewals may fail before a live one loses them."""
RENEW_S: Final = 4.0
DRAIN_S: Final = 10.0
"""How long the store may take to make the last segments durable when the server stops."""
SEGMENT_MIN_S: Final = {"low": 2.0, "standard": 4.0}


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """A stream as the API shows it."""

    state: str
    health: list[Remark]
    since: float | None
    tracks: list[str]
    broadcast_id: str | None


@dataclass(frozen=True, slots=True)
class Means:
    """What the director works with."""

    catalog: Catalog
    store: ObjectStore
    find_stream: Callable[[str, str], Awaitable[Stream | None]]
    """The stream that a stream key or publish token opens, asked for from an address, or None."""
    owner: str
    clock: Callable[[], float]
    random: Callable[[int], bytes]
    part_target_s: float


class Director:
    """The register of broadcasts on this node."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._by_stream: dict[str, OnAir] = {}
        self._by_playback: dict[str, OnAir] = {}
        self._doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._chores: set[asyncio.Task[None]] = set()
        self._draining = False
        self._renewal = asyncio.create_task(self._keep_leases(), name="leases")

    async def open(self, stream_key: str, protocol: str, peer: str) -> Publication:
        """Put a publisher on the air; one that is there already is told `taken_over`.

        Raises:
            Problem: `unauthorized` for an unknown key, `draining`, `conflict` when another node holds the stream.
        """
        self._refuse_when_draining()
        stream = await self._means.find_stream(stream_key, peer)
        if stream is None:
            raise Problem("unauthorized", "This stream key opens no stream; copy it anew or rotate it.")
        async with self._door(stream.id):
            self._refuse_when_draining()
            on_air = self._by_stream.get(stream.id)
            if on_air is None or on_air.channel.ended:
                if on_air:
                    await on_air.noted.wait()  # or the old broadcast's end would release the new one's lease
                    self._collect(on_air)
                on_air = await self._begin(stream)
            log.info("publisher_on_air", stream_id=stream.id, protocol=protocol, peer=peer)
            return self._put_on(on_air)

    def channel(self, playback_id: str) -> Channel | None:
        """What viewers of `playback_id` get, or None when it is off the air."""
        on_air = self._by_playback.get(playback_id)
        return on_air.channel if on_air else None

    def status(self, stream_id: str) -> LiveStatus:
        """The state of a stream, known or not."""
        on_air = self._by_stream.get(stream_id)
        if on_air is None:
            return LiveStatus("idle", [], None, [], None)
        if on_air.publication:
            on_air.codecs = [codec_string(track) for track in on_air.publication.tracks]
        return LiveStatus(on_air.state, on_air.health.remarks, on_air.since, on_air.codecs, on_air.writer.broadcast_id)

    async def disconnect(self, stream_id: str, reason: str) -> None:
        """End a broadcast at once, with no reconnect window. Nothing happens to a stream that is off the air."""
        async with self._door(stream_id):
            on_air = self._by_stream.get(stream_id)
            if on_air and not on_air.channel.ended:
                on_air.send_home("disconnected", reason)
                await self._end(on_air)

    async def drain(self) -> None:
        """Tell every publisher, finish and store what is open, give the leases back. Never raises.

        What is stored stays: the next start collects it.
        """
        self._draining = True
        self._renewal.cancel()
        for door in list(self._doors.values()):
            async with door:  # whoever is on the way in comes in, or meets the sign
                pass
        for on_air in list(self._by_stream.values()):
            on_air.send_home("draining", "The server is shutting down; connect again in a moment.")
        ends = [self._attempt(self._end, on_air) for on_air in self._by_stream.values()]
        await asyncio.gather(self._renewal, *ends, return_exceptions=True)
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
        means, now = self._means, self._means.clock()
        broadcast_id = new_id("bc_", means.random)
        writer = await means.catalog.write(
            lambda conn: rows.begin(conn, stream, broadcast_id, means.owner, now=now, ttl_s=LEASE_TTL_S)
        )
        if writer is None:
            raise Problem("conflict", "Another node has this stream on the air; connect there.")
        on_air = self._assemble(stream, writer)
        self._by_stream[stream.id] = self._by_playback[stream.playback_id] = on_air
        metrics.live_streams.inc()
        return on_air

    def _assemble(self, stream: Stream, writer: Writer) -> OnAir:
        packager = LivePackager(
            LiveSettings(
                epoch=writer.lease.epoch,
                first_msn=writer.next_msn,
                first_discontinuity=writer.next_discontinuity,
                low_latency=stream.latency == "low",
                part_target_s=self._means.part_target_s,
                dvr_window_s=stream.dvr_window_s,
                segment_min_s=SEGMENT_MIN_S[stream.latency],
            )
        )
        channel = Channel(packager, f"{stream.tenant_id}/{writer.broadcast_id}/")
        keeper = Keeper(
            self._means.store,
            channel.prefix,
            on_durable=channel.spool.durable,
            on_lost=lambda name: self._lost(on_air, name),
        )
        channel.keep_with(keeper)
        on_air = OnAir(stream, writer, channel, keeper, Health(), since=self._means.clock())
        return on_air

    def _put_on(self, on_air: OnAir) -> Publication:
        on_air.send_home("taken_over", "Another publisher with this stream's key has taken over.")
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
        window_s = on_air.stream.reconnect_window_s
        on_air.timer = asyncio.get_running_loop().call_later(window_s, self._chore, self._expire, on_air)

    async def _expire(self, on_air: OnAir) -> None:
        if on_air.publication is None:  # nobody has come back in the moment since the timer rang
            await self._end(on_air)

    async def _end(self, on_air: OnAir) -> None:
        """ENDLIST, a note in the catalog; a while later everything of it goes."""
        if on_air.channel.ended:
            return
        on_air.cancel_timer()
        on_air.channel.end()
        metrics.live_streams.dec()
        on_air.timer = asyncio.get_running_loop().call_later(LINGER_S, self._collect, on_air)
        writer = on_air.position()
        try:
            await self._means.catalog.write(lambda conn: rows.finish(conn, writer, self._means.clock()))
        finally:
            on_air.noted.set()
            await on_air.keeper.close(DRAIN_S)
            on_air.kept.set()
        log.info("broadcast_ended", stream_id=on_air.stream.id, broadcast_id=on_air.writer.broadcast_id)

    def _collect(self, on_air: OnAir) -> None:
        on_air.cancel_timer()
        if self._by_stream.get(on_air.stream.id) is on_air:
            del self._by_stream[on_air.stream.id], self._by_playback[on_air.stream.playback_id]
        self._chore(self._forget_objects, on_air)

    async def _forget_objects(self, on_air: OnAir) -> None:
        await on_air.kept.wait()  # or what is stored later would lie there for ever
        writer = on_air.writer
        await forget_broadcast(
            self._means.catalog, self._means.store, writer.broadcast_id, writer.lease.epoch, on_air.channel.prefix
        )

    def _lost(self, on_air: OnAir, name: str) -> None:
        if is_init(name):
            return
        on_air.channel.spool.drop(name)
        on_air.channel.packager.mark_lost(name)
        on_air.health.remark(
            "segment_lost", "The object store did not take a segment in time; it is missing.", self._means.clock()
        )

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            held = {one.writer.broadcast_id: one for one in self._by_stream.values() if not one.channel.ended}
            if not held:
                continue
            try:
                lost = await self._hold([one.position() for one in held.values()])
            except Problem as problem:
                metrics.catalog_failures.labels("renew").inc()
                log.warning("leases_not_renewed", problem=str(problem))
                continue  # the next time shows whether they are still ours
            for broadcast_id in lost:
                self._chore(self._lose, held[broadcast_id])

    async def _hold(self, writers: list[Writer]) -> set[str]:
        now = self._means.clock()
        return await self._means.catalog.write(lambda conn: rows.hold(conn, writers, now, LEASE_TTL_S))

    async def _lose(self, on_air: OnAir) -> None:
        log.error("lease_lost", stream_id=on_air.stream.id)
        on_air.send_home("lease_lost", "Another node has taken this stream over.")
        await self._end(on_air)

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
