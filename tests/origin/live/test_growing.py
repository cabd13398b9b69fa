from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.live import channel as channel_module
from origin.live.growing import BrokenOffError, Growing
from packager.names import number_of
from tests.origin.live.air import Air

if TYPE_CHECKING:
    from origin.live.channel import Channel


@pytest.fixture
async def air() -> Air:
    air = Air()
    air.go(70)
    return air


def open_name(channel: Channel, ahead: int = 0) -> str:
    return f"v0/1-{channel.presentation.windows['v0'].open_msn + ahead}.m4s"


def growing(channel: Channel, ahead: int = 0, period: int | None = None) -> Growing:
    found = channel.growing(open_name(channel, ahead), period)
    assert found
    return found


async def rest(reader: Growing) -> bytes:
    """All that a reader is given."""
    whole, part = b"", await reader.first()
    while part:
        whole += b"".join(part)
        part = await reader.next()
    return whole


async def test_a_reader_gets_the_bytes_of_the_segment_while_it_grows(air: Air) -> None:
    name, reader = open_name(air.channel), growing(air.channel)
    first = await reader.first()
    assert first == air.channel.spool.get(name.replace(".m4s", ".0.m4s"))
    assert air.channel.spool.get(name) is None
    reading = asyncio.create_task(rest(growing(air.channel)))
    for _ in range(15):
        air.go(6)
        await asyncio.sleep(0)
    whole = air.channel.spool.get(name)
    assert whole is not None
    assert await reading == b"".join(whole)


async def test_the_next_segment_is_waited_for(air: Air) -> None:
    reading = asyncio.create_task(rest(growing(air.channel, 1)))
    name = open_name(air.channel, 1)
    for _ in range(30):
        air.go(6)
        await asyncio.sleep(0)
    assert await reading == b"".join(air.channel.spool.get(name) or ())


@pytest.mark.parametrize("ahead", [-1, 2])
async def test_what_is_closed_or_far_ahead_does_not_grow(air: Air, ahead: int) -> None:
    assert air.channel.growing(open_name(air.channel, ahead)) is None
    assert air.channel.growing("v0/2-1.m4s") is None
    assert air.channel.growing("v9/1-1.m4s") is None


async def test_without_parts_nothing_grows() -> None:
    air = Air(low_latency=False)
    air.go(70)
    assert air.channel.growing(open_name(air.channel)) is None


async def test_a_publisher_that_goes_ends_the_open_segment_and_the_next_one_never_begins(air: Air) -> None:
    name = open_name(air.channel)
    reading, in_vain = (asyncio.create_task(rest(growing(air.channel, ahead, period=0))) for ahead in (0, 1))
    await asyncio.sleep(0)
    air.pause()
    assert await reading == b"".join(air.channel.spool.get(name) or ())
    assert not in_vain.done()
    air.return_()
    air.go(70)
    assert await in_vain == b"", "what the next run brings is not what was asked for"
    begun = air.channel.presentation.windows["v0"].period_of(number_of(open_name(air.channel)))
    assert begun
    assert await growing(air.channel, period=0).first() is None, "asked for late, by a manifest from before the pause"
    assert await growing(air.channel, period=begun).first() is not None
    assert await growing(air.channel).first() is not None


async def test_the_end_answers_readers(air: Air) -> None:
    in_vain = asyncio.create_task(growing(air.channel, 1).first())
    await asyncio.sleep(0)
    await air.channel.finish()
    assert await in_vain is None
    assert await growing(air.channel).first() is None


async def test_a_wait_in_vain_breaks_off(air: Air, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "HOLD_TARGETS", 0.01)
    assert await growing(air.channel, 1).first() is None
    with pytest.raises(BrokenOffError):
        await rest(growing(air.channel))


async def test_a_reader_that_memory_has_left_behind_is_cut_off(air: Air) -> None:
    name, reader = open_name(air.channel), growing(air.channel)
    await reader.first()
    air.go(600)
    assert await reader.next(), "its segment is still here, for no store has it"
    air.channel.spool.durable(name)
    with pytest.raises(BrokenOffError):
        await reader.next()
