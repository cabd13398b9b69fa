"""Channels of broadcasts that other nodes write: a replica each, made when a viewer asks, let go when none does."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import structlog

from origin.bus.protocol import BusError
from origin.catalog import on_air as rows
from origin.errors import Problem
from origin.live.on_air import LINGER_S
from origin.live.replica import Replica

if TYPE_CHECKING:
    from origin.bus.journals.protocol import Journal
    from origin.catalog.broadcasts import Broadcast
    from origin.live.channel import Channel
    from origin.live.means import Means
    from origin.live.register import OnAirBefore, Register

IDLE_S: Final = 60.0
"""A replica that nobody has asked for so long is let go; viewers ask several times a second."""
SWEEP_S: Final = 5.0
RECHECK_S: Final = 1.0
"""How old the knowledge may be that a stream is off the air, or that its broadcast is over."""
STILL_S: Final = 2.0
"""A replica that has not grown for so long may be of a broadcast that is over: its writer may have lost the journal."""
MOST: Final = 2_000
"""Streams followed at once: each costs a subscription and a megabyte or two of newest parts."""
MOST_ABSENT: Final = 10_000
"""Playback ids known to be off the air, so that asking for them costs no query each time."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Followed:
    replica: Replica
    task: asyncio.Task[None]
    used_at: float
    looked_at: float
    ended_at: float | None = None

    def is_doubtful(self, now: float) -> bool:
        """Whether another broadcast may have taken its place, and nobody has looked lately."""
        stands = self.replica.ended or now - self.replica.grown_at > STILL_S
        return stands and now - self.looked_at > RECHECK_S


class Distant:
    """Finds channels by playback id. `run` must be running."""

    def __init__(self, means: Means, journal: Journal, register: Register) -> None:
        self._means = means
        self._journal = journal
        self._register = register
        self._followed: dict[str, _Followed] = {}
        self._absent: OrderedDict[str, float] = OrderedDict()
        self._doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def channel(self, playback_id: str) -> Channel | None:
        """The channel of a broadcast on another node; None if the stream is off the air everywhere."""
        now = asyncio.get_running_loop().time()
        known = self._followed.get(playback_id)
        if known is not None and not known.is_doubtful(now):
            known.used_at = now
            return known.replica
        if self._absent.get(playback_id, 0.0) > now:
            return known.replica if known else None
        async with self._doors.setdefault(playback_id, asyncio.Lock()):
            return await self._look(playback_id)

    async def run(self) -> None:
        """Let go of what nobody watches, until cancelled."""
        try:
            while True:
                await asyncio.sleep(SWEEP_S)
                self._sweep(asyncio.get_running_loop().time())
        finally:
            for followed in self._followed.values():
                followed.task.cancel()
            await asyncio.gather(*(each.task for each in self._followed.values()), return_exceptions=True)

    async def _look(self, playback_id: str) -> Channel | None:
        now = asyncio.get_running_loop().time()
        known = self._followed.get(playback_id)
        if known and known.looked_at > now - RECHECK_S:  # somebody else has just looked
            return known.replica
        found = await self._find(playback_id)
        if known:
            known.looked_at = now
            if found is None or (found.id == known.replica.broadcast_id and not known.replica.lost):
                return known.replica
        if found and not found.relayed:
            found = None  # its journal stands where viewers have been before, at its writer's node at least
        replica = await self._loaded(found) if found and len(self._followed) < MOST else None
        if replica is None:
            self._note_absence(playback_id, now)
            return known.replica if known else None
        if known:
            known.task.cancel()
        task = asyncio.create_task(replica.run(), name=f"replica {replica.broadcast_id}")
        self._followed[playback_id] = _Followed(replica, task, now, now)
        return replica

    async def _find(self, playback_id: str) -> Broadcast | OnAirBefore | None:
        """What viewers get; while the catalog is away, what this node wrote until it lost its lease by that."""
        moment = self._means.clock()
        try:
            return await self._means.catalog.read(lambda conn: rows.watched(conn, playback_id, moment, LINGER_S))
        except Problem:
            before = self._register.before(playback_id)
            if before is None:
                raise
            return before

    async def _loaded(self, broadcast: Broadcast | OnAirBefore) -> Replica | None:
        replica = Replica(self._journal, broadcast.id, f"{broadcast.tenant_id}/{broadcast.id}/")
        try:
            return replica if await replica.load() else None
        except BusError as error:
            _log.warning("replica_not_begun", broadcast_id=broadcast.id, problem=str(error))
            return None

    def _note_absence(self, playback_id: str, now: float) -> None:
        self._absent[playback_id] = now + RECHECK_S
        self._absent.move_to_end(playback_id)
        while len(self._absent) > MOST_ABSENT:
            self._absent.popitem(last=False)

    def _sweep(self, now: float) -> None:
        for playback_id, followed in list(self._followed.items()):
            if followed.replica.ended and followed.ended_at is None:
                followed.ended_at = now
            over = followed.ended_at is not None and now - followed.ended_at > LINGER_S
            if over or now - followed.used_at > IDLE_S:
                followed.task.cancel()
                del self._followed[playback_id]
