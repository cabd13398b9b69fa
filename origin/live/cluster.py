"""What nodes that share streams tell and do for each other.

- A publisher comes to a node that is not its stream's writer: the writer is asked to hand the stream over.
- A stream is to be disconnected: whichever node writes it does so.
- A publisher has left, or its node is gone: a node where a backup waits puts that on the air.
- A writer is gone and nobody has taken its broadcast up within the reconnect window: some node ends it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from origin.bus.protocol import BusError, Message
from origin.catalog import on_air as rows
from origin.errors import Problem
from origin.observe import metrics

if TYPE_CHECKING:
    from origin.bus.protocol import Bus
    from origin.live.means import Means

TOPIC: Final = "live/requests"
HAND_OVER, DISCONNECT, VACANT = "hand_over", "disconnect", "vacant"
BACKUP: Final = "backup"
"""The reason of a hand-over to a backup, which may have been asked for when the publisher was not back yet."""
MIND_S: Final = 2.0
"""How often a node looks for broadcasts without a writer; the catalog answers from an index."""
MOST_ORPHANS: Final = 100
"""Ended in one go: as many streams as a node may have taken with it, and the rest the next time."""
RETRY_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Node(Protocol):
    """What the others may ask of this node."""

    async def hand_over(self, stream_id: str, reason: str) -> None:
        """Let go of a stream that is written here; its broadcast stays open. Not for `BACKUP` while somebody sends."""

    async def end_here(self, stream_id: str, reason: str) -> None:
        """End a broadcast that is written here."""

    async def fill(self, stream_id: str) -> None:
        """Put a backup that waits here on the air with a stream that nobody publishes."""

    async def fill_vacancies(self) -> None:
        """The same with each stream that no node writes."""

    async def end_orphan(self, tenant_id: str, stream_id: str) -> None:
        """Take up a broadcast that nobody writes, and end it."""


class Cluster:
    """Asks other nodes, and answers them. `run` must be running."""

    def __init__(self, means: Means, bus: Bus, node: Node) -> None:
        self._means = means
        self._bus = bus
        self._node = node

    async def ask(self, what: str, stream_id: str, reason: str = "") -> None:
        """Ask whichever node writes the stream. A bus that fails asks nobody, and the lease decides."""
        try:
            await self._bus.publish(
                TOPIC, {"what": what, "stream": stream_id, "by": self._means.owner, "reason": reason}
            )
        except BusError as error:
            _log.warning("nodes_not_asked", what=what, stream_id=stream_id, problem=str(error))

    async def run(self) -> None:
        """Answer, and mind orphans, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._mind())

    async def _listen(self) -> None:
        while True:
            try:
                async with self._bus.subscribe(TOPIC) as asked:
                    async for message in asked:
                        if isinstance(message, Message):
                            await self._attempt(message)
            except BusError as error:
                _log.warning("nodes_not_heard", problem=str(error))
            await asyncio.sleep(RETRY_S)

    async def _attempt(self, message: Message) -> None:
        values = message.values
        if values.get("by") == self._means.owner:
            return
        try:
            if values.get("what") == HAND_OVER:
                await self._node.hand_over(values["stream"], values.get("reason", ""))
            elif values.get("what") == VACANT:
                await self._node.fill(values["stream"])
            elif values.get("what") == DISCONNECT:
                await self._node.end_here(values["stream"], values.get("reason", ""))
        except Problem as problem:
            metrics.catalog_failures.labels("asked").inc()
            _log.warning("asked_in_vain", what=values.get("what"), problem=str(problem))

    async def _mind(self) -> None:
        while True:
            await asyncio.sleep(MIND_S)
            try:
                await self._node.fill_vacancies()
                orphans = await self._means.catalog.read(
                    lambda conn: rows.orphans(conn, self._means.clock(), MOST_ORPHANS)
                )
                for orphan in orphans:
                    await self._node.end_orphan(orphan.tenant_id, orphan.stream_id)
            except Problem as problem:
                metrics.catalog_failures.labels("orphans").inc()
                _log.warning("orphans_not_minded", problem=str(problem))
