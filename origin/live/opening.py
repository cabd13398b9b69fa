"""Puts a broadcast together: a new one, or one that another writer, now gone, has left open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import on_air as rows
from origin.catalog import recordings
from origin.catalog.ids import new_id
from origin.errors import Problem
from origin.live import succession
from origin.live.health import Health
from origin.live.keeper import Keeper
from origin.live.mending import Mending
from origin.live.on_air import OnAir
from origin.live.production import Production
from origin.live.recorder import Recorder
from origin.live.recount import recount
from origin.live.relay import Relay
from origin.live.scribe import Scribe
from origin.live.shelf import Shelf, contents_of
from origin.live.so_far import in_store, so_far
from origin.live.tenure import MARGIN_S, ttl_s
from packager.names import is_init
from packager.pipeline import LivePackager, LiveSettings
from packager.presentation import Presentation

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from origin.catalog.on_air import Writer
    from origin.catalog.streams import Stream
    from origin.live.means import Means
    from origin.live.production import Teller
    from origin.live.so_far import SoFar
    from packager.inventory import Stored

SEGMENT_MIN_S: Final = {"low": 2.0, "standard": 4.0}
PROMPT_S: Final = 3.0
"""How long a publisher waits for the store to be looked through before it is let in: longer than that takes as a rule,
and short enough for encoders, which give up after some ten seconds."""
RETRY_S: Final = 2.0
"""Between tries of a store that is away."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A writer's word to the catalog about its journal."""

    means: Means
    writer: Writer

    async def relayed(self, *, yes: bool) -> bool:
        clock, writer = self.means.clock, self.writer
        return await self.means.catalog.write(lambda conn: rows.note_relayed(conn, writer, clock(), relayed=yes))


class Opening:
    """Makes what the director registers; `lose` is told of a broadcast that another node has taken."""

    def __init__(self, means: Means, lose: Callable[[OnAir], None]) -> None:
        self._means = means
        self._lose = lose
        self._settling: set[asyncio.Task[None]] = set()

    async def begin(self, stream: Stream) -> OnAir:
        """Start a new broadcast. Raises `Problem`: `conflict` when another node holds the stream."""
        means, broadcast_id = self._means, new_id("bc_", self._means.random)
        asked_at = asyncio.get_running_loop().time()
        writer = await means.catalog.write(
            lambda conn: rows.begin(conn, stream, broadcast_id, means.owner, now=means.clock(), ttl_s=ttl_s(means))
        )
        if writer is None:
            raise Problem("conflict", "Another node has this stream on the air, and did not let go of it; try again.")
        return self._assemble(stream, writer, LivePackager(self._settings(stream, writer)), asked_at)

    async def inherit(self, stream: Stream) -> OnAir | None:
        """Go on with the stream's open broadcast. None if there is none; one that cannot be gone on with is ended."""
        means, asked_at = self._means, asyncio.get_running_loop().time()
        writer = await means.catalog.write(
            lambda conn: rows.resume(conn, stream, means.owner, now=means.clock(), ttl_s=ttl_s(means))
        )
        if writer is None:
            return None
        presentation = await self._recall(writer)
        if presentation is None:
            await means.catalog.write(lambda conn: rows.finish(conn, writer, means.clock()))
            means.logbook.forget(writer.broadcast_id)
            return None
        on_air = await self._resume(stream, writer, presentation, asked_at)
        _log.info("broadcast_resumed", stream_id=stream.id, broadcast_id=writer.broadcast_id, epoch=writer.lease.epoch)
        return on_air

    async def _recall(self, writer: Writer) -> Presentation | None:
        """What viewers were shown; None where that is not known to the last part."""
        if self._means.shared is None:
            return await succession.recall(self._means.logbook, writer.broadcast_id)
        if not writer.relayed:
            return None
        # or a writer that wakes up while this one reads would show what this one does not know, and takes back
        await self._means.shared.journal.fence(writer.broadcast_id, writer.lease.epoch)
        return await succession.recall_shared(self._means.shared.journal, writer.broadcast_id)

    async def _resume(self, stream: Stream, writer: Writer, presentation: Presentation, asked_at: float) -> OnAir:
        known = await self._recorded(writer, presentation) if writer.recorded else None
        savings = await succession.find_savings(self._means, writer.broadcast_id, _prefix(stream, writer))
        packager, commands = await succession.resume(self._settings(stream, writer), presentation, savings)
        on_air = self._assemble(stream, writer, packager, asked_at, known)
        on_air.end_s = presentation.reached_s
        on_air.channel.carry_out(commands)
        on_air.keeper.expect()
        mending = self._mend(on_air, Mending(on_air.channel, commands), savings, known)
        await asyncio.wait([self._beside(mending)], timeout=PROMPT_S)
        return on_air

    async def _mend(self, on_air: OnAir, mending: Mending, savings: succession.Savings, known: SoFar | None) -> None:
        """Look through what the writer before has stored, for as long as it takes a store to say so.

        What the journal has is saved at once, for it does not last as long as a call to a store that hangs.
        """
        saving = None if self._means.shared is None else self._beside(self._save(on_air, mending, savings))
        try:
            while not await self._looked_through(on_air, mending, savings, known):
                if on_air.keeper.closing:
                    on_air.keeper.adopt(())
                    return
                await asyncio.sleep(RETRY_S)
        finally:
            if saving:
                saving.cancel()
        self._beside(_discard_when_kept(on_air.keeper, savings))

    async def _save(self, on_air: OnAir, mending: Mending, savings: succession.Savings) -> None:
        while True:
            try:
                await mending.save(savings)
            except Problem as problem:
                _log.warning("broadcast_not_saved", broadcast_id=on_air.writer.broadcast_id, problem=str(problem))
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _looked_through(
        self, on_air: OnAir, mending: Mending, savings: succession.Savings, known: SoFar | None
    ) -> bool:
        """One try."""
        try:
            await self._adopt(on_air, mending, savings, known)
        except Problem as problem:  # of store, journal or catalog
            _log.warning("broadcast_not_mended", broadcast_id=on_air.writer.broadcast_id, problem=str(problem))
            return False
        return True

    async def _adopt(self, on_air: OnAir, mending: Mending, savings: succession.Savings, known: SoFar | None) -> None:
        """Mend by what the store has. A recording has its objects written down, and none of them is a stray."""
        store, prefix = self._means.store, on_air.channel.prefix
        await self._means.unsent.deliver(prefix)
        if known is None:
            await mending.finish(await succession.stored_names(store, prefix), savings)
            on_air.keeper.adopt(await recount(store, prefix, self._means.manifest_keys(), self._means.auditor))
            return
        found = [*known.stored, *await in_store(store, prefix, known.unknown)]
        await mending.finish({each.name for each in found}, savings)
        on_air.keeper.adopt(found)
        if on_air.recorder:
            for each in found:
                on_air.recorder.durable(each)

    def _beside(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run it beside everything else, and keep hold of it until it is done."""
        task = asyncio.create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        return task

    async def _recorded(self, writer: Writer, presentation: Presentation) -> SoFar:
        """What the writer before has written down; but not of segments that this one will make."""
        ahead = {window.name: window.open_msn for window in presentation.windows.values()}
        await self._means.catalog.write(lambda conn: recordings.cut(conn, writer.broadcast_id, ahead))
        return await so_far(self._means, writer.broadcast_id, presentation)

    def _settings(self, stream: Stream, writer: Writer) -> LiveSettings:
        return LiveSettings(
            epoch=writer.lease.epoch,
            first_msn=writer.next_msn,
            first_discontinuity=writer.next_discontinuity,
            low_latency=stream.latency == "low",
            part_target_s=self._means.part_target_s,
            dvr_window_s=stream.dvr_window_s,
            segment_min_s=SEGMENT_MIN_S[stream.latency],
        )

    def _assemble(
        self, stream: Stream, writer: Writer, packager: LivePackager, asked_at: float, known: SoFar | None = None
    ) -> OnAir:
        means = self._means
        shown = Presentation() if means.shared else None
        channel = Production(packager, _prefix(stream, writer), shown)
        keeper = Keeper(
            means.store,
            channel.prefix,
            on_durable=lambda stored: _kept(on_air, stored),
            on_lost=lambda name: self._lost(on_air, name),
            on_trouble=lambda trouble: self._troubled(on_air, trouble),
            drafts=None if means.shared else means.drafts,
            recorded=writer.recorded,
        )
        channel.keep_with(keeper)
        recorder = Recorder(means, writer, known.rows if known else ()) if writer.recorded else None
        if recorder:
            channel.record_by(recorder)
        contents = partial(contents_of, channel, keeper)
        shelf = Shelf(means.store, channel.prefix, contents=contents, signer=means.signer, clock=means.clock)
        held_until = asked_at + ttl_s(means) - MARGIN_S
        on_air = OnAir(
            stream,
            writer,
            channel,
            keeper,
            shelf,
            Health(),
            since=means.clock(),
            held_until=held_until,
            recorder=recorder,
        )
        channel.tell_by(self._teller(on_air, shown))
        return on_air

    def _teller(self, on_air: OnAir, shown: Presentation | None) -> Teller:
        means, writer, channel = self._means, on_air.writer, on_air.channel
        if means.shared is None or shown is None:
            return Scribe(means.logbook, writer.broadcast_id, channel.packager.presentation, channel.announce)
        return Relay(
            means.shared.journal,
            writer.broadcast_id,
            writer.lease.epoch,
            written=channel.packager.presentation,
            shown=shown,
            announce=channel.announce,
            standing=_Standing(means, writer),
            on_fenced=lambda: self._lose(on_air),
        )

    def _troubled(self, on_air: OnAir, trouble: str) -> None:
        if trouble:
            _log.warning("segments_not_stored", broadcast_id=on_air.writer.broadcast_id, problem=trouble)
            on_air.health.remark("store_failed", trouble, self._means.clock())
        else:
            _log.info("segments_stored_again", broadcast_id=on_air.writer.broadcast_id)
            on_air.health.withdraw("store_failed")

    def _lost(self, on_air: OnAir, name: str) -> None:
        if is_init(name):
            return
        if on_air.recorder:
            on_air.recorder.lost(name)
        on_air.channel.mark_lost(name)
        on_air.health.remark(
            "segment_lost", "The object store did not take a segment in time; it is missing.", self._means.clock()
        )


def _prefix(stream: Stream, writer: Writer) -> str:
    return f"{stream.tenant_id}/{writer.broadcast_id}/"


def _kept(on_air: OnAir, stored: Stored) -> None:
    """The store has an object."""
    on_air.channel.spool.durable(stored.name)
    if on_air.recorder:
        on_air.recorder.durable(stored)


async def _discard_when_kept(keeper: Keeper, savings: succession.Savings) -> None:
    """Until then a second crash would need the savings again."""
    await keeper.settled()
    savings.discard()
