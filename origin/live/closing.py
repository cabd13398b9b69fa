"""The last of a recorded broadcast: all of it is stored, however long that takes, and then all of it written down.

A store that is away holds up nobody else: the stream's next broadcast begins meanwhile. Only a server that stops does
not wait: then what it still has in memory is kept on its disk, and whoever starts there next completes the recording.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog

from origin.errors import Problem
from origin.live.so_far import in_store

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from origin.live.means import Means
    from origin.live.on_air import OnAir
    from origin.live.recorder import Recorder

REST_S: Final = 90.0
"""How long a put of a live manifest may take that is under way: an S3 call is given up after 60 s."""
STORE_S: Final = 10.0
"""How long the store may take to make the last segments durable when the server stops."""
RETRY_S: Final = 2.0
"""Between tries of a store that is away."""
WRITE_S: Final = 5.0
"""How long the rest may take then, each: with `STORE_S`, and 5 s for a store that hangs to close, below what
orchestrators wait before they kill (30 s): where the store does not take segments, nothing is looked for afterwards."""

_log = structlog.get_logger(__name__)


class Closing:
    """Closes recordings; `hurry` when the server stops."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """Wait for nothing any more but for some seconds."""
        self._hurry.set()

    async def close(self, on_air: OnAir, recorder: Recorder) -> None:
        """Bring the recording of a broadcast that has ended to its end; its asset is whole then."""
        recorder.end()
        await self._patiently(on_air.shelf.rest(REST_S), WRITE_S)
        await self._patiently(on_air.keeper.settled(), 0.0)
        left = await on_air.keeper.close(STORE_S, self._means.unsent)
        for name in left:
            recorder.lost(name)  # until it is delivered
        decided = not left and await self._patiently(self._decide(on_air, recorder), WRITE_S)
        if not (decided and await self._patiently(recorder.close(), WRITE_S)):
            await recorder.leave()
        self._means.unsent.wake()

    async def _decide(self, on_air: OnAir, recorder: Recorder) -> None:
        """Look for what an earlier writer may have stored, if that could not be seen when this one began.

        Returns when the store has said so, or at once if there is nothing to ask.
        """
        while True:
            try:
                await self._means.unsent.deliver(on_air.channel.prefix)
                for found in await in_store(self._means.store, on_air.channel.prefix, recorder.undecided):
                    recorder.durable(found)
            except Problem as problem:
                _log.warning("segments_not_looked_for", broadcast_id=on_air.writer.broadcast_id, problem=str(problem))
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _patiently(self, work: Coroutine[Any, Any, None], grace_s: float) -> bool:
        """Wait until `work` is done; when the server stops, no longer than `grace_s`. Whether it was done."""
        task, stop = asyncio.create_task(work), asyncio.create_task(self._hurry.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await asyncio.wait({task}, timeout=grace_s)
            return task.done()
        finally:
            for each in (task, stop):
                each.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)
