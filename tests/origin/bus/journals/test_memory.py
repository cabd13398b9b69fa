from __future__ import annotations

import pytest

from origin.bus.journals.memory import MemoryJournal
from origin.bus.journals.protocol import Bounds, Forgotten, Past
from origin.bus.protocol import BusError


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_numbers_rise_though_the_clock_stands_still_or_goes_back() -> None:
    clock = Clock()
    journal = MemoryJournal(clock=clock)
    first = await journal.begin("bc_a", 1, b"0")
    assert first == 1_000_000_000
    last = await journal.tell("bc_a", 1, [b"1", b"2"], {})
    assert await journal.begin("bc_a", 2, b"0") == last + 1
    clock.now = 10.0
    assert await journal.begin("bc_a", 3, b"0") == last + 2


async def test_bodies_and_histories_expire_by_the_clock() -> None:
    clock = Clock()
    journal = MemoryJournal(Bounds(body_ttl_s=30.0, journal_ttl_s=60.0), clock)
    await journal.begin("bc_a", 1, b"0")
    await journal.keep("bc_a", 1, {"init": [b"i"]})
    await journal.tell("bc_a", 1, [], {"1": [b"one"]})
    clock.now += 30.0
    await journal.tell("bc_a", 1, [], {"2": [b"two"]})
    assert await journal.body("bc_a", "1") == b"one"
    clock.now += 0.1
    assert await journal.body("bc_a", "1") is None
    clock.now += 59.8
    assert await journal.body("bc_a", "init") == b"i"
    clock.now += 0.2
    assert await journal.past("bc_a") is None
    with pytest.raises(Forgotten):
        await journal.tell("bc_a", 1, [b"1"], {})


async def test_expired_histories_are_dropped_when_another_begins() -> None:
    clock = Clock()
    journal = MemoryJournal(clock=clock)
    for number in range(10):
        await journal.begin(f"bc_{number}", 1, b"0")
        clock.now += 1800.0
    assert set(journal._histories) == {"bc_7", "bc_8", "bc_9"}


async def test_room_is_counted_anew_after_a_rebase() -> None:
    journal = MemoryJournal(Bounds(entries_bytes=10))
    base = await journal.begin("bc_a", 1, b"0")
    for turn in range(5):
        assert await journal.tell("bc_a", 1, [b"12345", b"67890"], {}) == base + 2 * turn + 2
        with pytest.raises(Forgotten, match="too many entries"):
            await journal.tell("bc_a", 1, [b"x"], {})
        await journal.rebase("bc_a", 1, base + 2 * turn + 2, b"1")
    assert await journal.past("bc_a") == Past(1, base + 10, b"1", ())


def test_nothing_follows_the_colon() -> None:
    with pytest.raises(BusError, match="nothing behind it"):
        MemoryJournal.open("memory:a")
