"""What is held until the store has said what it has: at hand, bounded, and put only where it is missing."""

from __future__ import annotations

import pytest

from origin.live.doubts import Doubts
from origin.live.spool import Spool
from packager.commands import Life, Put

NEWEST_FIRST = ["v0/1-3.m4s", "v0/1-2.m4s", "v0/1-1.m4s"]


@pytest.fixture
def spool() -> Spool:
    return Spool()


@pytest.fixture
def doubts(spool: Spool) -> Doubts:
    made = Doubts(spool)
    for name in NEWEST_FIRST:
        made.add(Put(name, (bytes(10),), Life.STORED))
    return made


def at_hand(spool: Spool) -> list[str]:
    return [name for name in NEWEST_FIRST if spool.get(name)]


def test_what_is_held_is_at_hand(doubts: Doubts, spool: Spool) -> None:
    assert at_hand(spool) == NEWEST_FIRST
    assert doubts.size == 30


def test_the_oldest_gives_way(doubts: Doubts, spool: Spool) -> None:
    doubts.shrink(29)
    assert at_hand(spool) == NEWEST_FIRST[:2]
    assert doubts.size == 20
    doubts.shrink(0)
    assert at_hand(spool) == []
    assert doubts.resolve(()) == []
    assert doubts.resolved == set()


def test_what_the_store_has_leaves_memory_and_the_rest_is_put_in_order(doubts: Doubts, spool: Spool) -> None:
    doubts.drop("v0/1-0.m4s")
    puts = doubts.resolve({"v0/1-2.m4s"})
    assert [put.name for put in puts] == ["v0/1-1.m4s", "v0/1-3.m4s"]
    assert at_hand(spool) == ["v0/1-3.m4s", "v0/1-1.m4s"], "until they are durable"
    assert doubts.size == 0
    assert doubts.resolve({"v0/1-1.m4s"}) == []
    assert doubts.resolved == {"v0/1-1.m4s", "v0/1-3.m4s"}


def test_what_nobody_can_ask_for_is_not_put(doubts: Doubts, spool: Spool) -> None:
    doubts.drop("v0/1-2.m4s")
    assert at_hand(spool) == ["v0/1-3.m4s", "v0/1-1.m4s"]
    assert doubts.size == 20
    assert [put.name for put in doubts.resolve(())] == ["v0/1-1.m4s", "v0/1-3.m4s"]
