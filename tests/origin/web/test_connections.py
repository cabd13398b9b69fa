from __future__ import annotations

import asyncio
from typing import cast

import pytest

from origin.observe import metrics
from origin.web.connections import Doorkeeper, Guard, HttpLimits

QUICK = HttpLimits(stall_s=0.2, look_s=0.01, header_s=3600)


class Pipe:
    """A transport whose peer takes `step` bytes between two looks."""

    def __init__(self, unsent: int, step: int) -> None:
        self.unsent, self.step, self.looks = unsent, step, 0
        self.aborted = asyncio.Event()
        self.empty = asyncio.Event()

    def get_write_buffer_size(self) -> int:
        self.unsent = max(0, self.unsent - self.step)
        if not self.unsent:
            self.empty.set()
        return self.unsent

    def abort(self) -> None:
        self.aborted.set()


def _refused(reason: str) -> float:
    return metrics.REGISTRY.get_sample_value("headwater_http_refused_total", {"reason": reason}) or 0.0


def test_the_doorkeeper_counts_in_and_out() -> None:
    door = Doorkeeper(HttpLimits(connections=3, connections_per_address=2))
    with door.admitted("a") as first, door.admitted("a") as second, door.admitted("b") as third:
        assert (first, second, third) == (True, True, True)
        with door.admitted("a") as by_address, door.admitted("c") as in_all:
            assert (by_address, in_all) == (False, False)
    with door.admitted("a") as again, door.admitted("c") as other:
        assert (again, other) == (True, True)


@pytest.mark.parametrize("step", [0, 1, 100])
async def test_a_reader_that_takes_next_to_nothing_is_cut_off(step: int) -> None:
    before = _refused("reader_stalled")
    pipe = Pipe(1 << 20, step)
    Guard(cast("asyncio.WriteTransport", pipe), QUICK)
    async with asyncio.timeout(10):
        await pipe.aborted.wait()
    assert pipe.unsent > 0
    assert _refused("reader_stalled") == before + 1


@pytest.mark.parametrize(("unsent", "step"), [(1 << 20, 16 * 1024), (20, 1)])
async def test_a_slow_reader_that_gets_on_is_kept(unsent: int, step: int) -> None:
    pipe = Pipe(unsent, step)
    guard = Guard(cast("asyncio.WriteTransport", pipe), HttpLimits(stall_s=5.0, look_s=0.01, header_s=3600))
    async with asyncio.timeout(10):
        await pipe.empty.wait()
    assert not pipe.aborted.is_set()
    guard.release()
