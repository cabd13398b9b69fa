"""A segment on its way out while it is still coming in, for DASH players at the live edge.

ISO/IEC 23009-1 calls it `availabilityTimeComplete="false"` (5.3.9.5.2). The bytes are those of the parts, one after the
other, so the whole is the segment that will be stored. They stay in memory for some generations of segments, and until
the store has them; a reader that is slower than that is cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from packager.names import Names

if TYPE_CHECKING:
    from origin.live.channel import Channel
    from packager.hls.segment import Segment
    from packager.hls.window import Window


class BrokenOffError(Exception):
    """The rest of a segment will not come, or not in time: what was sent must not pass for a whole one."""


class Growing:
    """One reader's way through the segment `msn` of `window`; `patience_s` is the longest wait for a part.

    The reader expects it in the DASH period `period`, if that is not None.
    """

    def __init__(self, channel: Channel, window: Window, msn: int, period: int | None, patience_s: float) -> None:
        self._channel = channel
        self._first_window = window
        self._msn = msn
        self._period = period
        self._patience_s = patience_s
        self._names = Names(window.name, channel.presentation.epoch)
        self._taken = 0

    @property
    def _window(self) -> Window:
        """As it is now: whoever goes on with the broadcast shows another, in which the segment is closed."""
        return self._channel.presentation.windows.get(self._first_window.name, self._first_window)

    async def first(self) -> tuple[bytes, ...] | None:
        """The first part, waited for if the segment has not begun; None if it does not come, or in another period."""
        with contextlib.suppress(BrokenOffError):
            part = await self.next()
            if self._period is None or self._window.period_of(self._msn) in {None, self._period}:
                return part
        return None

    async def next(self) -> tuple[bytes, ...] | None:
        """The next part, None after the last one.

        Raises:
            BrokenOffError: it does not come in time, or memory has lost it.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                while not self._listed() and not self._complete():
                    await asyncio.shield(self._channel.signal(self._window.name).next())
                part = await self._part() if self._listed() else None
        except TimeoutError as error:
            raise BrokenOffError from error
        self._taken += 1
        return part

    def _listed(self) -> bool:
        """Whether the next part is there."""
        window = self._window
        if self._msn == window.open_msn:
            return self._taken < len(window.open_parts)
        closed = self._closed()
        return closed is not None and self._taken < len(closed.parts)

    async def _part(self) -> tuple[bytes, ...]:
        part = await self._channel.body(self._names.within(self._names.part(self._msn, self._taken)))
        if part is None:
            raise BrokenOffError
        return part

    def _closed(self) -> Segment | None:
        index = self._msn - self._window.media_sequence
        return self._window.segments[index] if 0 <= index < len(self._window.segments) else None

    def _complete(self) -> bool:
        """Whether there is no further part. Raises BrokenOffError where one is gone, or none will come."""
        if self._window.open_msn <= self._msn:
            if self._window.ended:
                raise BrokenOffError
            return False
        closed = self._closed()
        if closed is None or len(closed.parts) != self._taken:
            raise BrokenOffError
        return True
