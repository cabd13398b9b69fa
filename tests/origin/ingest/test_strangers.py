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

    def release(self, reason: str) -> bool:
        self.reasons.discard(reason)
        return not self.reasons


async def paid_off(group: Strangers) -> None:
    while group.held:  # noqa: ASYNC110 - it tells its members, and nobody else
        await asyncio.sleep(0.001)


async def test_one_that_overdraws_holds_all_and_newcomers_and_whoever_leaves_is_free() -> None:
    group = Strangers("house", share=0.1, burst_s=1.0, now=0.0)
    one, two, three = Waiting(), Waiting(), Waiting()
    group.join(one)
    group.join(two)
    group.spend(0.05, 0.0)
    assert not group.held
    group.spend(0.1, 0.0)
    group.join(three)
    assert [member.reasons for member in (one, two, three)] == [{"house"}] * 3
    group.leave(two)
    assert two.reasons == set()
    await paid_off(group)
    assert one.reasons == three.reasons == set()


async def test_turns_go_round() -> None:
    """Each that is let go spends more than there is, until three rounds are over."""
    group = Strangers("house", share=100.0, burst_s=0.0, now=0.0)
    turns: list[str] = []

    class Busy(Waiting):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def release(self, reason: str) -> bool:
            turns.append(self.name)
            asyncio.get_running_loop().call_soon(self.speak)
            return super().release(reason)

        def speak(self) -> None:
            if len(turns) < 12 and not self.reasons:
                group.spend(0.1, float(len(turns)))

    for name in "abc":
        group.join(Busy(name))
    group.spend(0.1, 0.0)
    group.join(Busy("d"))
    await paid_off(group)
    assert "".join(turns[:12]) == "abcd" * 3


async def test_who_could_not_use_its_turn_is_the_next() -> None:
    group = Strangers("house", share=100.0, burst_s=0.0, now=0.0)
    one, two = Waiting(), Waiting()
    group.join(one)
    group.join(two)
    one.hold("asking")
    group.spend(0.1, 0.0)
    await paid_off(group)
    group.spend(0.1, 1.0)
    group._let_go()
    assert (one.reasons, two.reasons) == ({"asking"}, {"house"})


async def test_who_has_nothing_to_say_keeps_nobody_waiting() -> None:
    group = Strangers("house", share=100.0, burst_s=0.0, now=0.0)
    members = [Waiting() for _ in range(100)]
    for member in members:
        group.join(member)
    group.spend(0.1, 0.0)
    await paid_off(group)
    assert not any(member.reasons for member in members)


async def test_each_stranger_gets_its_turn_though_others_have_more_to_say() -> None:
    """Each read of 64 bytes overdraws the group, so that a hello takes 49 turns, and each time all are held.

    A turn may be lost now and then, where the turns of both groups meet; but nobody's again and again.
    """
    limits = RtmpLimits(read_bytes=64, cpu_burst_s=0.0, strangers_cpu_share=0.02)
    async with stage(limits) as at, AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(at.peer(HELLO)) for _ in range(6)]
        house = at.server._house.connections
        while len(house) < len(peers):  # noqa: ASYNC110 - the house tells nobody of newcomers
            await asyncio.sleep(0)
        connections = [each for each in house if isinstance(each, RtmpConnection)]
        first = [each._session._received for each in connections]
        while not any(each._session.greeted for each in connections):
            turns = [
                (each._session._received - at_first) // 64 for each, at_first in zip(connections, first, strict=True)
            ]
            assert max(turns) <= 2 * (min(turns) + len(peers))
            await asyncio.sleep(0)
        assert sum(turns) > 10 * len(peers)
