from __future__ import annotations

import asyncio

from origin.live.signal import Signal


async def test_wakes_all_who_wait_and_nobody_else() -> None:
    signal = Signal()
    signal.fire()
    first, second = signal.next(), signal.next()
    assert not first.done()
    signal.fire()
    await asyncio.gather(first, second)
    assert not signal.next().done()
