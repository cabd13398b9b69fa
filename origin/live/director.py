"""Who is on the air. Publishers ask here to begin, viewers ask here for channels, the API for a stream's state.

A broadcast is written by whoever holds its stream's lease; the lease's fencing number is the epoch in every name, so a
writer that lost it cannot spoil anything. It is renewed well before it runs out, and taken up again after the catalog
failed for a while; a broadcast ends when somebody else has its lease.

    register ── which broadcasts are here      changeover ── who publishes one       status ── what it is like
    opening ── how one begins                  ending ── how one leaves              crossing ── what others are told
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import broadcasts, streams
from origin.catalog import on_air as rows
from origin.errors import Problem
from origin.live.backups import Backups
from origin.live.changeover import Changeover
from origin.live.chores import Chores
from origin.live.cluster import BACKUP
from origin.live.crossing import Crossing
from origin.live.ending import Ending
from origin.live.opening import Opening
from origin.live.register import Register
from origin.live.slates.slates import Slates
from origin.live.slates.workshop import Workshop
from origin.live.standby import split
from origin.live.status import status_of
from origin.live.tenure import Tenure
from origin.live.vigil import Vigil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from origin.catalog.broadcasts import Broadcast
    from origin.catalog.streams import Stream
    from origin.live.channel import Channel
    from origin.live.means import Means
    from origin.live.on_air import OnAir
    from origin.live.publication import Publication
    from origin.live.standby import Standby
    from origin.live.status import LiveStatus

_OFF_AIR: Final = ("idle", "ended")
"""States in which another node may know better."""

_log = structlog.get_logger(__name__)


class Director:
    """The front of this room."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._register = Register()
        self._chores = Chores()
        self._backups = Backups()
        self._ending = Ending(means, self._register, self._chores)
        self._opening = Opening(means, self._ending.lose)
        self._crossing = Crossing(means, self._register, self._opening, self._ending, self)
        self._workshop = Workshop()
        slates = Slates(means, self._workshop, self._register)
        self._changeover = Changeover(
            *(means.clock, self._backups, self._ending, self._chores),
            vacant=self._crossing.tell_vacancy,
            fill=slates.begin,
        )
        self._draining = False
        self._vigil = Vigil(self._register, self._changeover)
        own = Tenure(means, self._register, self._ending.lose), self._vigil, slates
        runs = [*(each.run() for each in own), *self._crossing.runs()]
        self._runs = [asyncio.create_task(run) for run in runs]

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
        async with self._register.door(stream.id):
            self._refuse_when_draining()
            if is_backup:
                _log.info("backup_waits", stream_id=stream.id, protocol=protocol, peer=peer)
                return await self._stand_by(stream)
            on_air = await self._present(stream)
            _log.info("publisher_on_air", stream_id=stream.id, protocol=protocol, peer=peer)
            return self._changeover.put_on(on_air)

    def wanted(self) -> list[str]:
        """As `Front`."""
        return self._backups.wanted()

    def sends(self, on_air: OnAir) -> bool:
        """As `Front`."""
        return self._vigil.sends(on_air)

    def clear(self, on_air: OnAir) -> None:
        """As `Front`."""
        self._changeover.clear(on_air)

    async def fill(self, stream_id: str) -> None:
        """As `Front`."""
        async with self._register.door(stream_id):
            standby = self._backups.ready(stream_id)
            if standby and self._register.publication(stream_id) is None and not self._draining:
                stream = await self._means.catalog.read(lambda conn: streams.by_id(conn, stream_id))
                if stream:
                    self._promote(standby, await self._present(stream, BACKUP))

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
                self._register.add(on_air)
                self._changeover.wait(on_air)

    def channel(self, playback_id: str) -> Channel | None:
        """What viewers of `playback_id` get, or None when it is off the air."""
        on_air = self._register.watched(playback_id)
        return on_air.channel if on_air else None

    async def find(self, playback_id: str) -> Channel | None:
        """As `channel`, and from other nodes."""
        return self.channel(playback_id) or await self._crossing.channel(playback_id)

    def status(self, stream_id: str) -> LiveStatus:
        """The state of a stream at this node, known or not."""
        return status_of(self._register.of_stream(stream_id))

    async def find_statuses(self, stream_ids: Sequence[str]) -> dict[str, LiveStatus]:
        """As `status` of each, and from other nodes: no more than some seconds old."""
        here = {stream_id: self.status(stream_id) for stream_id in stream_ids}
        there = await self._crossing.statuses([name for name, status in here.items() if status.state in _OFF_AIR])
        ended = {status.broadcast_id for status in here.values()}  # of which the catalog may not know yet
        return here | {name: status for name, status in there.items() if status.broadcast_id not in ended}

    async def disconnect(self, stream_id: str, reason: str) -> None:
        """End a broadcast at once, with no reconnect window, whichever node writes it; nothing happens off the air."""
        if self._register.of_stream(stream_id) is None:
            await self._crossing.disconnect(stream_id, reason)
        await self._crossing.end_here(stream_id, reason)

    async def normalised_picture(self, media_type: str, data: bytes) -> bytes:
        """A JPEG of ours of a picture that somebody sent. Raises `Problem`: `picture_refused`, `worker_failed`."""
        return await self._workshop.normalised(media_type, data)

    async def drain(self) -> None:
        """Tell every publisher, finish and store what is open, give the leases back. Never raises.

        Broadcasts stay open: whoever starts next goes on with them, and waits for their publishers.
        """
        self._draining = True
        self._backups.part_all("draining", "The server is shutting down; connect again in a moment.")
        self._workshop.close()
        for run in self._runs:
            run.cancel()
        await self._register.pass_doors()  # whoever is on the way in comes in, or meets the sign
        for on_air in self._register:
            on_air.send_home("draining", "The server is shutting down; connect again in a moment.")
        ends = [self._chores.attempt(self._ending.lay_down, on_air) for on_air in self._register]
        await asyncio.gather(*self._runs, *ends, return_exceptions=True)
        for on_air in self._register:
            on_air.cancel_timer()
        await self._chores.done()

    def _refuse_when_draining(self) -> None:
        if self._draining:
            raise Problem("draining", "The server is shutting down; connect again in a moment.")

    async def _stand_by(self, stream: Stream) -> Standby:
        """Let a backup wait; where nobody publishes, it is needed at once."""
        standby = self._backups.add(stream.id)
        if self._register.publication(stream.id) is None and not await self._crossing.held_elsewhere(stream.id):
            standby.promote(self._changeover.put_on(await self._present(stream, BACKUP)))
        return standby

    def _promote(self, standby: Standby, on_air: OnAir) -> None:
        """Put a backup on the air, unless it has gone while another node let go of its stream."""
        if self._backups.ready(on_air.stream.id) is standby:
            standby.promote(self._changeover.put_on(on_air))
        elif on_air.timer is None:
            self._changeover.wait(on_air)

    async def _present(self, stream: Stream, reason: str = "") -> OnAir:
        """The stream's broadcast, as it is or begun; `reason` is for the node that writes it now."""
        on_air = self._register.of_stream(stream.id)
        if on_air is None or on_air.leaving:
            if on_air:
                await on_air.noted.wait()  # or the old broadcast's end would release the new one's lease
                self._ending.collect(on_air)
            on_air = await self._begin(stream, reason)
        return on_air

    async def _begin(self, stream: Stream, reason: str) -> OnAir:
        """Go on with what is left open, here or at another node; else begin anew."""
        on_air = await self._opening.inherit(stream) or await self._crossing.take_over(stream, reason)
        on_air = on_air or await self._opening.begin(stream)
        self._register.add(on_air)
        return on_air

    async def _revived(self, row: Broadcast) -> OnAir | None:
        stream = await self._means.catalog.read(lambda conn: streams.get(conn, row.tenant_id, row.stream_id))
        return await self._opening.inherit(stream) if stream else None
