from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.crowd import Crowd, origin_of

STEPS = st.tuples(st.sampled_from(["join", "join moving", "leave", "progress", "put out"]), st.integers(0, 30))


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::7", "2001:db8:0:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_subscriber_is_one_address(address: str, origin: str) -> None:
    assert origin_of(address) == origin


def test_whoever_fills_the_house_puts_out_its_own_oldest_first() -> None:
    crowd: Crowd[str] = Crowd()
    crowd.join("encoder", "10.0.0.1")
    for number in range(6):
        crowd.join(f"attacker {number}", f"10.0.9.{number % 2}")
    gone = []
    for _ in range(4):
        gone.append(str(crowd.next_to_go()))
        crowd.leave(gone[-1])
    assert gone == ["attacker 0", "attacker 1", "attacker 2", "attacker 3"]
    assert len(crowd) == 3


def test_a_whole_ipv6_network_is_as_one() -> None:
    crowd: Crowd[str] = Crowd()
    crowd.join("encoder", "2001:db8:0:1::1")
    crowd.join("one", "2001:db8:0:2::1")
    crowd.join("other", "2001:db8:0:2::2")
    assert crowd.next_to_go() == "one"


def test_who_got_on_stays_before_who_said_nothing() -> None:
    crowd: Crowd[str] = Crowd()
    for name in "abc":
        crowd.join(name, "10.0.0.1")
    crowd.progress("a")
    crowd.progress("c")
    crowd.progress("a")
    gone = []
    while (member := crowd.next_to_go()) is not None:
        gone.append(member)
        crowd.leave(member)
    assert gone == ["b", "c", "a"]


def test_among_many_addresses_with_one_each_it_is_the_one_where_longest_nothing_happened() -> None:
    crowd: Crowd[str] = Crowd()
    for name in "abc":
        crowd.join(name, name)
    crowd.progress("a")
    assert crowd.next_to_go() == "b"
    crowd.join("d", "d")
    crowd.progress("b")
    assert crowd.next_to_go() == "c"


def test_who_is_not_there_can_neither_leave_nor_get_on() -> None:
    crowd: Crowd[str] = Crowd()
    crowd.leave("a")
    crowd.progress("a")
    assert crowd.next_to_go() is None


@dataclass
class Plain:
    """The same, looking at everybody each time."""

    members: dict[int, tuple[str, bool, int]] = field(default_factory=dict)
    """Address, whether it got on, and when last."""
    touched: dict[str, int] = field(default_factory=dict)

    def next_to_go(self) -> int | None:
        sizes = Counter(address for address, _, _ in self.members.values())
        if not sizes:
            return None
        most = max(sizes.values())
        address = min((name for name, size in sizes.items() if size == most), key=self.touched.__getitem__)
        return min(
            (member for member, (its, _, _) in self.members.items() if its == address),
            key=lambda member: self.members[member][1:],
        )


@given(st.lists(STEPS, max_size=120))
def test_it_chooses_as_one_that_looks_at_everybody(steps: list[tuple[str, int]]) -> None:
    crowd: Crowd[int] = Crowd()
    plain = Plain()
    for now, (what, number) in enumerate(steps):
        going = plain.next_to_go()
        assert crowd.next_to_go() == going
        member = going if what == "put out" else number
        if member is None:
            continue
        address = f"10.0.0.{member % 4}"
        if what.startswith("join"):
            if member in plain.members:
                continue
            moving = what == "join moving"
            crowd.join(member, address, moving=moving)
            plain.members[member] = (address, moving, now)
        elif what == "progress":
            crowd.progress(member)
            if member not in plain.members:
                continue
            plain.members[member] = (address, True, now)
        else:
            crowd.leave(member)
            if plain.members.pop(member, None) is None:
                continue
        plain.touched[address] = now
        assert len(crowd) == len(plain.members)
    assert len(crowd._groups) == len({address for address, _, _ in plain.members.values()})
    assert sum(map(len, crowd._by_size.values())) == len(crowd._groups)
