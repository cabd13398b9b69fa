"""What goes between this node and the others about one stream: what is asked of them, and what they ask.

A node that is alone asks nobody and finds nothing elsewhere; all of this is there for it, and does nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Protocol

from origin.catalog import on_air as rows
from origin.catalog import streams
from origin.live.bulletins import Bulletins
from origin.live.cluster import BACKUP, DISCONNECT, HAND_OVER, VACANT, Cluster
from origin.live.distant import Distant
from origin.live.on_air import LINGER_S
from origin.live.status import seen

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from typing import Any

    from origin.catalog.streams import Stream
    from origin.live.channel import Channel
    from origin.live.ending import Ending
    from origin.live.means import Means
    from origin.live.on_air import OnAir
    from origin.live.opening import Opening
    from origin.live.register import Register
    from origin.live.status import LiveStatus

HAND_OVER_S: Final = 5.0
"""How long another node may take to let go of a stream, or end it; encoders give up after some ten seconds."""


class Front(Protocol):
    """What this node does with its publishers for others."""

    def wanted(self) -> list[str]:
        """The streams that a backup waits for here."""

    async def fill(self, stream_id: str) -> None:
        """Put it on the air, if it waits and nobody publishes here."""

    def sends(self, on_air: OnAir) -> bool:
        """Whether somebody publishes, and is not silent."""

    def clear(self, on_air: OnAir) -> None:
        """Part from whoever publishes here, for another does; a backup waits again."""


class Crossing:
    """The door to other nodes; answers them as `cluster.Node`. What `runs` gives must be running."""

    def __init__(self, means: Means, register: Register, opening: Opening, ending: Ending, front: Front) -> None:
        self._means = means
        self._register = register
        self._opening = opening
        self._ending = ending
        self._front = front
        self._cluster = Cluster(means, means.shared.bus, self) if means.shared else None
        self._distant = Distant(means, means.shared.journal, register) if means.shared else None
        self._bulletins = Bulletins(means, register) if means.shared else None

    def runs(self) -> list[Coroutine[Any, Any, None]]:
        """What is to go on until it is cancelled."""
        return [each.run() for each in (self._cluster, self._distant, self._bulletins) if each]

    async def held_elsewhere(self, stream_id: str) -> bool:
        """Whether another node writes the stream."""
        here = self._register.of_stream(stream_id)
        return self._cluster is not None and (here is None or here.leaving) and await self._is_held(stream_id)

    async def take_over(self, stream: Stream, reason: str) -> OnAir | None:
        """Ask another node for the stream's broadcast; None if there is none, or it does not let go of it."""
        if self._cluster is None or not await self._is_held(stream.id):
            return None
        await self._cluster.ask(HAND_OVER, stream.id, reason)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_OVER_S):
                while await self._is_held(stream.id):  # noqa: ASYNC110 - the lease is in the catalog, which tells nobody
                    await asyncio.sleep(HAND_OVER_S / 50)
        return await self._opening.inherit(stream)

    async def tell_vacancy(self, on_air: OnAir) -> None:
        """Nobody publishes it here any more: a backup may wait at another node."""
        if self._cluster:
            await self._cluster.ask(VACANT, on_air.stream.id)

    async def disconnect(self, stream_id: str, reason: str) -> None:
        """End the stream's broadcast at whichever node writes it, and wait until it has, if it answers."""
        if self._cluster is None:
            return
        await self._cluster.ask(DISCONNECT, stream_id, reason)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_OVER_S):
                while await self._is_on_air(stream_id):  # noqa: ASYNC110 - noted in the catalog, which tells nobody
                    await asyncio.sleep(HAND_OVER_S / 50)

    async def channel(self, playback_id: str) -> Channel | None:
        """What viewers get of a broadcast that another node writes; None if there is none."""
        return await self._distant.channel(playback_id) if self._distant else None

    async def statuses(self, stream_ids: Sequence[str]) -> dict[str, LiveStatus]:
        """What is known in the catalog of streams' newest broadcasts; without those that are off the air."""
        if self._means.shared is None or not stream_ids:
            return {}
        now = self._means.clock()
        sights = await self._means.catalog.read(lambda conn: rows.sights(conn, stream_ids, now, LINGER_S))
        return {stream_id: seen(sight) for stream_id, sight in sights.items()}

    async def hand_over(self, stream_id: str, reason: str) -> None:
        """As `Node`."""
        async with self._register.door(stream_id):
            on_air = self._register.of_stream(stream_id)
            if on_air and not on_air.leaving and not (reason == BACKUP and self._front.sends(on_air)):
                self._front.clear(on_air)
                try:
                    await self._ending.lay_down(on_air)
                finally:  # viewers here see what comes elsewhere from now on
                    self._register.remove(on_air)

    async def end_here(self, stream_id: str, reason: str) -> None:
        """As `Node`."""
        async with self._register.door(stream_id):
            on_air = self._register.of_stream(stream_id)
            if on_air and not on_air.leaving:
                on_air.send_home("disconnected", reason)
                await self._ending.end(on_air)

    async def end_orphan(self, tenant_id: str, stream_id: str) -> None:
        """As `Node`."""
        async with self._register.door(stream_id):
            stream = await self._means.catalog.read(lambda conn: streams.get(conn, tenant_id, stream_id))
            on_air = await self._opening.inherit(stream) if stream else None
            if on_air is not None:
                self._register.add(on_air)
                await self._ending.end(on_air)

    async def fill(self, stream_id: str) -> None:
        """As `Node`."""
        await self._front.fill(stream_id)

    async def fill_vacancies(self) -> None:
        """As `Node`."""
        for stream_id in self._front.wanted():
            if not await self._is_held(stream_id):
                await self._front.fill(stream_id)

    async def _is_on_air(self, stream_id: str) -> bool:
        status = (await self.statuses([stream_id])).get(stream_id)
        return status is not None and status.state != "ended"

    async def _is_held(self, stream_id: str) -> bool:
        now = self._means.clock()
        return await self._means.catalog.read(lambda conn: rows.held(conn, stream_id, now))
