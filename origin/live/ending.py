"""How a broadcast leaves this node: it ends, is laid down for whoever goes on with it, or is lost to another node.

end ──▶ playlists with ENDLIST ──▶ noted in the catalog ──▶ kept in the store ──linger over──▶ collected
                                                        └──▶ recorded: an asset has its objects, and they stay
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import on_air as rows
from origin.live.closing import Closing
from origin.live.on_air import LINGER_S
from origin.live.sweep import forget_broadcast
from origin.observe import metrics

if TYPE_CHECKING:
    from origin.live.chores import Chores
    from origin.live.means import Means
    from origin.live.on_air import OnAir
    from origin.live.register import Register
    from origin.live.unsent import Unsent

DRAIN_S: Final = 10.0
"""How long the store may take to make the last segments durable when the server stops."""
SHELF_S: Final = 5.0
"""How long the last manifests may take then; with `DRAIN_S`, and 5 s for a store that hangs to close, below what
orchestrators wait before they kill (30 s)."""
LEASE_LOST: Final = (
    "This node may not write the stream any more: another has taken it over, or the catalog is away. Connect again."
)

_log = structlog.get_logger(__name__)


class Ending:
    """Takes broadcasts off the air. Each leaves once; what comes second does nothing."""

    def __init__(self, means: Means, register: Register, chores: Chores) -> None:
        self._means = means
        self._register = register
        self._chores = chores
        self._closing = Closing(means)

    def hurry(self) -> None:
        """The server stops: wait for no store any more."""
        self._closing.hurry()

    async def lay_down(self, on_air: OnAir) -> None:
        """Leave a broadcast to whoever goes on with it; one that waits for nobody, or has nothing to show, ends.

        What waits for the store goes on waiting behind: whoever goes on need not, and viewers must not.
        """
        if on_air.leaving:
            return
        if not (on_air.stream.reconnect_window_s and on_air.channel.started):
            await self.end(on_air)
            return
        _leave(on_air)
        await on_air.channel.suspend()
        writer = on_air.position()
        try:
            await self._means.catalog.write(lambda conn: rows.lay_down(conn, writer, self._means.clock()))
        finally:
            self._chores.begin(self._store_the_rest, on_air)

    async def end(self, on_air: OnAir) -> None:
        """ENDLIST, a note in the catalog; a while later everything of it goes."""
        if on_air.leaving:
            return
        _leave(on_air)
        await on_air.channel.finish()
        on_air.timer = asyncio.get_running_loop().call_later(LINGER_S, self.collect, on_air)
        writer, ours, now = on_air.position(), False, self._means.clock()
        listed = on_air.recorder is not None and on_air.recorder.listed
        try:
            ours = await self._means.catalog.write(lambda conn: rows.finish(conn, writer, now, listed=listed))
        finally:
            on_air.noted.set()
            if on_air.recorder and ours:
                self._chores.begin(self._close_recording, on_air)
            else:
                await self._finish_storing(on_air, last_word=ours or self._means.shared is None)
        _log.info("broadcast_ended", stream_id=on_air.stream.id, broadcast_id=on_air.writer.broadcast_id)

    def lose(self, on_air: OnAir) -> None:
        """Another node has it: nothing more is written or shown here. Never waits."""
        self._chores.begin(self._lose, on_air)

    def collect(self, on_air: OnAir) -> None:
        """Forget a broadcast that has ended, and all that is stored of it. Never waits."""
        on_air.cancel_timer()
        self._register.remove(on_air)
        self._chores.begin(self._forget_objects, on_air)

    async def _lose(self, on_air: OnAir) -> None:
        if on_air.leaving:  # said, and done
            return
        _log.error("lease_lost", stream_id=on_air.stream.id)
        _leave(on_air)  # first, or a backup that waits here would come on the air with it
        self._register.remove(on_air)
        on_air.send_home("lease_lost", LEASE_LOST)
        on_air.cancel_timer()
        await on_air.channel.abandon()
        await on_air.keeper.abandon()
        await on_air.shelf.leave()
        if on_air.recorder:
            await on_air.recorder.leave()

    async def _store_the_rest(self, on_air: OnAir) -> None:
        await self._finish_storing(on_air, last_word=self._means.shared is None, unsent=self._means.unsent)

    async def _finish_storing(self, on_air: OnAir, *, last_word: bool, unsent: Unsent | None = None) -> None:
        """All media, then the manifests that list it; whatever comes of it, the broadcast can be collected then.

        Without the `last_word` no manifests: those of whoever goes on must not be written over.
        """
        try:
            left = await on_air.keeper.close(DRAIN_S, unsent)
            if on_air.recorder:
                for name in left:
                    on_air.recorder.lost(name)  # until it is delivered
                await on_air.recorder.leave()
            if left:
                self._means.unsent.wake()
            await (on_air.shelf.close(SHELF_S) if last_word else on_air.shelf.leave())
        finally:
            on_air.kept.set()

    async def _close_recording(self, on_air: OnAir) -> None:
        try:
            if on_air.recorder:
                await self._closing.close(on_air, on_air.recorder)
        finally:
            on_air.kept.set()

    async def _forget_objects(self, on_air: OnAir) -> None:
        await on_air.kept.wait()  # or what is stored later would lie there for ever
        if on_air.recorder and not on_air.recorder.whole:  # somebody needs the log to complete it
            return
        await on_air.channel.forget()
        means = self._means
        await forget_broadcast(
            means.catalog, means.store, on_air.writer.broadcast_id, on_air.channel.prefix, means.clock()
        )


def _leave(on_air: OnAir) -> None:
    on_air.leaving = True
    on_air.cancel_timer()
    on_air.stop_filling()
    metrics.live_streams.dec()
