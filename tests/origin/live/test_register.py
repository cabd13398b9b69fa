from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from origin.live.register import Register

if TYPE_CHECKING:
    import pytest

    from origin.live.on_air import OnAir
    from tests.origin.live.house import House


async def one(house: House) -> OnAir:
    await house.publish(seconds=1)
    on_air = house.director._register.of_stream(house.stream.id)
    assert on_air is not None
    return on_air


async def test_a_broadcast_is_found_by_stream_and_by_playback_id(house: House) -> None:
    register, on_air = Register(), await one(house)
    register.add(on_air)
    assert register.of_stream(house.stream.id) is register.watched("pb_one") is on_air
    assert register.publication(house.stream.id) is on_air.publication is not None
    assert list(register) == [on_air]
    register.remove(on_air)
    assert register.of_stream(house.stream.id) is register.watched("pb_one") is None
    assert register.publication(house.stream.id) is None
    before = register.before("pb_one")
    assert before is not None
    assert before.id == on_air.writer.broadcast_id
    assert register.before("pb_other") is None


async def test_only_the_present_one_is_removed(house: House) -> None:
    register, old = Register(), await one(house)
    new = replace(old)
    register.add(old)
    register.add(new)
    register.remove(old)
    assert list(register) == [new]
    for each in register:
        register.remove(each)
    assert list(register) == []


async def test_so_many_that_were_removed_are_remembered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("origin.live.register.MOST_REMEMBERED", 2)
    register, on_air = Register(), await one(house)
    for name in ("pb_1", "pb_2", "pb_3"):
        each = replace(on_air, stream=replace(on_air.stream, playback_id=name))
        register.add(each)
        register.remove(each)
    assert [name for name in ("pb_1", "pb_2", "pb_3") if register.before(name)] == ["pb_2", "pb_3"]


async def test_whoever_passes_the_doors_waits_for_those_inside() -> None:
    register = Register()
    inside = register.door("st_a")
    async with inside:
        assert register.door("st_a") is inside
        assert register.door("st_b") is not inside
        passing = asyncio.create_task(register.pass_doors())
        await asyncio.sleep(0)
        assert not passing.done()
    await passing
