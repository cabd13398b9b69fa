"""Which broadcasts are on this node, by stream and by playback id, and who may change that now."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.live.on_air import OnAir
    from origin.live.publication import Publication

MOST_REMEMBERED: Final = 1_000
"""Broadcasts that were written here: more streams than a node has, some hundred bytes each."""


@dataclass(frozen=True, slots=True)
class OnAirBefore:
    """A broadcast that this node wrote, by its id and its stream's tenant.

    Nobody can be asked whether its journal has all of it.
    """

    id: str
    tenant_id: str
    relayed: bool = True


class Register:
    """One broadcast a stream: on the air, waited for, or ended a moment ago."""

    def __init__(self) -> None:
        self._by_stream: dict[str, OnAir] = {}
        self._by_playback: dict[str, OnAir] = {}
        self._doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._removed: OrderedDict[str, OnAirBefore] = OrderedDict()

    def __iter__(self) -> Iterator[OnAir]:
        """All of them, as they are now; the register may change meanwhile."""
        return iter(tuple(self._by_stream.values()))

    def of_stream(self, stream_id: str) -> OnAir | None:
        """The stream's broadcast."""
        return self._by_stream.get(stream_id)

    def watched(self, playback_id: str) -> OnAir | None:
        """The broadcast that viewers of `playback_id` get."""
        return self._by_playback.get(playback_id)

    def publication(self, stream_id: str) -> Publication | None:
        """Who is on the air here with the stream."""
        on_air = self._by_stream.get(stream_id)
        return on_air.publication if on_air else None

    def add(self, on_air: OnAir) -> None:
        """Take a broadcast up, in the place of the stream's last one."""
        self._by_stream[on_air.stream.id] = self._by_playback[on_air.stream.playback_id] = on_air
        metrics.live_streams.inc()

    def remove(self, on_air: OnAir) -> None:
        """Take it out, if it is still the one."""
        if self._by_stream.get(on_air.stream.id) is on_air:
            del self._by_stream[on_air.stream.id], self._by_playback[on_air.stream.playback_id]
            self._remember(on_air.stream.playback_id, OnAirBefore(on_air.writer.broadcast_id, on_air.stream.tenant_id))

    def before(self, playback_id: str) -> OnAirBefore | None:
        """The last broadcast of `playback_id` that was taken out here: where nobody can be asked, it may go on."""
        return self._removed.get(playback_id)

    def _remember(self, playback_id: str, what: OnAirBefore) -> None:
        self._removed[playback_id] = what
        self._removed.move_to_end(playback_id)
        while len(self._removed) > MOST_REMEMBERED:
            self._removed.popitem(last=False)

    def door(self, stream_id: str) -> asyncio.Lock:
        """One at a time may change who is on the air with a stream."""
        return self._doors.setdefault(stream_id, asyncio.Lock())

    async def pass_doors(self) -> None:
        """Wait for whoever is at a door now, or inside."""
        for door in list(self._doors.values()):
            async with door:
                pass
