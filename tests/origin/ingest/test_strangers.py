from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from origin.ingest.limits import RtmpLimits
from origin.ingest.rtmp_connection import RtmpConnection
from origin.ingest.strangers import Strangers
from tests.origin.ingest.stage import stage
from tests.support.rtmp_client import HELLO


class Waiting:
    """A connection that keeps its reasons to wait."""

    def __init__(self) -> None:
        self.reasons: set[str] = set()

    def hold(self, reason: str) -> None:
        self.reasons.add(reason)

    def release(self, reason: str) -> None:
        self.reasons.remove(reason)


async def test_one_that_overdraws_holds_all_and_newcomers_and_whoever_leaves_is_free() -> None:
    group = Strangers("house", share=0.1, burst_s=1.0, now=0.0)
    one, two, three = Waiting(), Waiting(), Waiting()
    group.join(one)
    group.join(two)
    group.spend(one, 0.05, 0.0)
    assert not group.held
    group.spend(one, 10.0, 0.0)
    group.join(three)
    assert [member.reasons for member in (one, two, three)] == [{"house"}] * 3
    group.leave(two)
    assert two.reasons == set()
    group._resume()
    assert not group.held
    assert one.reasons == three.reasons == set()


async def test_who_was_served_least_recently_is_released_first_and_who_comes_in_last() -> None:
    group = Strangers("house", share=0.1, burst_s=0.0, now=0.0)
    released: list[Waiting] = []

    class Noting(Waiting):
        def release(self, reason: str) -> None:
            super().release(reason)
            released.append(self)

    one, two, three, late = [Noting() for _ in range(4)]
    for member in (one, two, three):
        group.join(member)
    group.spend(two, 0.01, 0.0)
    group.join(late)
    group._resume()
    assert released == [one, three, two, late]
    released.clear()
    group.spend(one, 0.01, 1.0)
    group._resume()
    assert released == [three, two, late, one]


async def test_who_has_left_is_not_taken_in_again_by_its_last_work() -> None:
    group = Strangers("house", share=0.1, burst_s=1.0, now=0.0)
    gone = Waiting()
    group.join(gone)
    group.leave(gone)
    group.spend(gone, 10.0, 0.0)
    assert group.held
    assert gone.reasons == set()


async def test_each_stranger_gets_its_turn_though_others_have_more_to_say() -> None:
    """Each read of 64 bytes overdraws the group, so that a hello takes 49 turns, and each time all are held."""
    limits = RtmpLimits(read_bytes=64, cpu_burst_s=0.0, strangers_cpu_share=0.02)
    async with stage(limits) as at, AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(at.peer(HELLO)) for _ in range(6)]
        reading = [asyncio.create_task(peer.reader.readexactly(len(HELLO))) for peer in peers]
        while not all(task.done() for task in reading):
            await asyncio.sleep(0)
            connections = [each for each in at.server._house.connections if isinstance(each, RtmpConnection)]
            turns = [each._session._received // limits.read_bytes for each in connections]
            assert not turns or len(turns) < len(peers) or max(turns) - min(turns) <= len(peers)
