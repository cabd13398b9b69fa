from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.crowd import Crowd, origin_of

NEW = "10.9.9.9"
STEPS = st.tuples(
    st.sampled_from(["join", "join moving", "leave", "progress", "busy", "idle", "put out"]), st.integers(0, 30)
)


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
        gone.append(str(crowd.next_to_go(NEW)))
        crowd.leave(gone[-1])
    assert gone == ["attacker 0", "attacker 1", "attacker 2", "attacker 3"]
    assert len(crowd) == 3


def test_a_whole_ipv6_network_is_as_one() -> None:
    crowd: Crowd[str] = Crowd()
    crowd.join("encoder", "2001:db8:0:1::1")
    crowd.join("one", "2001:db8:0:2::1")
    crowd.join("other", "2001:db8:0:2::2")
    assert crowd.next_to_go(NEW) == "one"


def test_who_got_on_stays_before_who_said_nothing() -> None:
    crowd: Crowd[str] = Crowd()
    for name in "abc":
        crowd.join(name, "10.0.0.1")
    crowd.progress("a")
    crowd.progress("c")
    crowd.progress("a")
    gone = []
    while (member := crowd.next_to_go(NEW)) is not None:
        gone.append(member)
        crowd.leave(member)
    assert gone == ["b", "c", "a"]


def test_among_many_addresses_with_one_each_it_is_the_one_where_longest_nothing_happened() -> None:
    crowd: Crowd[str] = Crowd()
    for name in "abc":
        crowd.join(name, name)
    crowd.progress("a")
    assert crowd.next_to_go(NEW) == "b"
    crowd.join("d", "d")
    crowd.progress("b")
    assert crowd.next_to_go(NEW) == "c"


def test_who_is_not_there_can_neither_leave_nor_get_on() -> None:
    crowd: Crowd[str] = Crowd()
    crowd.leave("a")
    crowd.progress("a")
    crowd.idle("a")
    crowd.busy("a")
    assert crowd.next_to_go(NEW) is None


def test_who_is_busy_counts_and_stays() -> None:
    crowd: Crowd[str] = Crowd()
    for name in ("a1", "a2", "a3", "b1", "b2"):
        crowd.join(name, name[0])
    crowd.busy("a1")
    crowd.busy("a2")
    assert crowd.next_to_go(NEW) == "a3"
    crowd.busy("a3")
    assert crowd.next_to_go(NEW) == "b1"
    crowd.idle("a2")
    assert crowd.next_to_go(NEW) == "a2"


def test_nobody_gives_way_to_one_from_where_as_many_come() -> None:
    crowd: Crowd[str] = Crowd()
    for name in ("viewer", "a1", "a2"):
        crowd.join(name, name[0])
    crowd.busy("a1")
    assert crowd.next_to_go("a") == "a2"
    crowd.busy("a2")
    assert crowd.next_to_go("a") is None
    assert crowd.next_to_go("v") == "viewer"
    assert crowd.next_to_go(NEW) == "viewer"


@dataclass
class Plain:
    """The same, looking at everybody each time."""

    members: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    """Address, what it does, and since when."""
    touched: dict[str, int] = field(default_factory=dict)

    def next_to_go(self, newcomer: str) -> int | None:
        may_go = {member: at for member, at in self.members.items() if at[1] != "busy"}
        sizes = Counter(address for address, _, _ in self.members.values())
        open_to = {address for address, _, _ in may_go.values()}
        most = max((sizes[address] for address in open_to), default=0)
        if sizes[newcomer] and sizes[newcomer] >= most:
            address = newcomer
        else:
            fullest = (name for name in open_to if sizes[name] == most)
            address = min(fullest, key=self.touched.__getitem__, default="")
        its = (member for member, at in may_go.items() if at[0] == address)
        return min(its, key=lambda member: (may_go[member][1] == "moving", may_go[member][2]), default=None)


def act(crowd: Crowd[int], what: str, member: int, address: str) -> None:
    match what:
        case "join" | "join moving":
            crowd.join(member, address, moving=what == "join moving")
        case "progress":
            crowd.progress(member)
        case "busy":
            crowd.busy(member)
        case "idle":
            crowd.idle(member)
        case _:
            crowd.leave(member)


BECOMES = {"join": "idle", "join moving": "moving", "progress": "moving", "busy": "busy", "idle": "idle"}


@given(st.lists(STEPS, max_size=120))
def test_it_chooses_as_one_that_looks_at_everybody(steps: list[tuple[str, int]]) -> None:
    crowd: Crowd[int] = Crowd()
    plain = Plain()
    for now, (what, number) in enumerate(steps):
        for newcomer in (f"10.0.0.{number % 4}", NEW):
            going = plain.next_to_go(newcomer)
            assert crowd.next_to_go(newcomer) == going
        member = number if what != "put out" or going is None else going
        if (member in plain.members) == what.startswith("join"):
            continue
        address = f"10.0.0.{member % 4}"
        act(crowd, what, member, address)
        plain.members.pop(member, None)
        if what in BECOMES:
            plain.members[member] = (address, BECOMES[what], now)
        plain.touched[address] = now
        assert len(crowd) == len(plain.members)
    assert set(crowd._groups) == {address for address, _, _ in plain.members.values()}
    assert all(crowd._by_rank.values())
