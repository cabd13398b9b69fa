from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from origin.live.vigil import SILENT_S, Vigil
from tests.support.frames import pictures, push_all

if TYPE_CHECKING:
    from origin.live.on_air import OnAir
    from tests.origin.live.house import House


@dataclass
class Asked:
    """Who was to be relieved."""

    whom: list[OnAir] = field(default_factory=list)

    def relieve(self, on_air: OnAir) -> None:
        self.whom.append(on_air)


async def test_who_sends_is_left_alone_and_who_does_not_is_relieved(house: House) -> None:
    asked = Asked()
    vigil = Vigil(house.director._register, asked)
    publication = await house.publish(seconds=1)
    vigil.look(10.0)
    push_all(publication, pictures(1, start_ms=1_000))
    vigil.look(10.0 + SILENT_S)
    assert asked.whom == []
    vigil.look(10.0 + 1.9 * SILENT_S)
    assert asked.whom == []
    vigil.look(10.0 + 2 * SILENT_S)
    assert asked.whom == [house.director._register.of_stream(house.stream.id)]


async def test_it_is_asked_again_while_the_silence_lasts_but_not_at_each_look(house: House) -> None:
    asked = Asked()
    vigil = Vigil(house.director._register, asked)
    publication = await house.publish(seconds=1)
    publication.close("gone")
    for quarter in range(13):
        vigil.look(10.0 + quarter * SILENT_S / 4)
    assert len(asked.whom) == 3


async def test_it_knows_who_sends(house: House) -> None:
    vigil = Vigil(house.director._register, Asked())
    publication = await house.publish(seconds=1)
    on_air = house.director._register.of_stream(house.stream.id)
    assert on_air is not None
    assert vigil.sends(on_air)
    vigil.look(10.0)
    assert vigil.sends(on_air)
    vigil.look(10.0 + SILENT_S)
    assert not vigil.sends(on_air)
    push_all(publication, pictures(1, start_ms=1_000))
    vigil.look(10.1 + SILENT_S)
    assert vigil.sends(on_air)
    vigil.look(10.1 + 2 * SILENT_S)
    second = await house.publish(seconds=1)
    assert vigil.sends(on_air)
    publication.close("gone")
    second.close("gone")
    assert not vigil.sends(on_air)


async def test_a_new_publisher_has_as_long_as_the_one_before(house: House) -> None:
    asked = Asked()
    vigil = Vigil(house.director._register, asked)
    await house.publish(seconds=1)
    vigil.look(10.0)
    await house.publish(seconds=1)
    vigil.look(10.0 + SILENT_S)
    assert asked.whom == []
    await house.director.disconnect(house.stream.id, "enough")
    vigil.look(10.0 + 3 * SILENT_S)
    assert asked.whom == []
