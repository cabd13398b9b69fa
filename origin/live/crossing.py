"""What goes between this node and the others about one stream: what is asked of them, and what they ask.

A node that is alone asks nobody and finds nothing elsewhere; all of this is there for it, and does nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Protocol

from origin.catalog import on_air as rows
from origin.catalog import streams
from origin.live.cluster import DISCONNECT, HAND_OVER, VACANT, Cluster
from origin.live.distant import Distant

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from origin.catalog.streams import Stream
    from origin.live.channel import Channel
    from origin.live.ending import Ending
    from origin.live.means import Means
    from origin.live.on_air import OnAir
    from origin.live.opening import Opening
    from origin.live.register import Register

HAND_OVER_S: Final = 5.0
"""How long a publisher waits for another node to let go of its stream; encoders give up after some ten seconds."""


class Vacancies(Protocol):
    """Who can put a backup that waits at this node on the air."""

    def wanted(self) -> list[str]:
        """The streams that a backup waits for."""

    async def fill(self, stream_id: str) -> None:
        """Put it on the air, if it waits and nobody publishes here."""


class Crossing:
    """The door to other nodes; answers them as `cluster.Node`. What `runs` gives must be running."""

    def __init__(
        self, means: Means, register: Register, opening: Opening, ending: Ending, vacancies: Vacancies
    ) -> None:
        self._means = means
        self._register = register
        self._opening = opening
        self._ending = ending
        self._vacancies = vacancies
        self._cluster = Cluster(means, means.shared.bus, self) if means.shared else None
        self._distant = Distant(means, means.shared.journal, register) if means.shared else None

    def runs(self) -> list[Coroutine[Any, Any, None]]:
        """What is to go on until it is cancelled."""
        return [each.run() for each in (self._cluster, self._distant) if each]

    async def held_elsewhere(self, stream_id: str) -> bool:
        """Whether another node writes the stream, asked where this one does not."""
        return self._cluster is not None and await self._is_held(stream_id)

    async def take_over(self, stream: Stream) -> OnAir | None:
        """Ask another node for the stream's broadcast; None if there is none, or it does not let go of it."""
        if self._cluster is None or not await self._is_held(stream.id):
            return None
        await self._cluster.ask(HAND_OVER, stream.id)
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
        """End the stream's broadcast at whichever node writes it."""
        if self._cluster:
            await self._cluster.ask(DISCONNECT, stream_id, reason)

    async def channel(self, playback_id: str) -> Channel | None:
        """What viewers get of a broadcast that another node writes; None if there is none."""
        return await self._distant.channel(playback_id) if self._distant else None

    async def hand_over(self, stream_id: str) -> None:
        """As `Node`."""
        async with self._register.door(stream_id):
            on_air = self._register.of_stream(stream_id)
            if on_air and not on_air.leaving:
                on_air.send_home("taken_over", "Another publisher with this stream's key has taken over.")
                await self._ending.lay_down(on_air)
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
        await self._vacancies.fill(stream_id)

    async def fill_vacancies(self) -> None:
        """As `Node`."""
        for stream_id in self._vacancies.wanted():
            if not await self._is_held(stream_id):
                await self._vacancies.fill(stream_id)

    async def _is_held(self, stream_id: str) -> bool:
        now = self._means.clock()
        return await self._means.catalog.read(lambda conn: rows.held(conn, stream_id, now))
