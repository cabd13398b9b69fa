"""Who gives way when all places are taken, so that a few addresses cannot keep everybody else out.

It is one of those from where most come: whoever fills the house alone, or from a few addresses, puts out its own. Of
IPv6 a /64 counts as one address, since that is what one subscriber has. All but one step of `next_to_go` is O(1), a few
microseconds: a flood calls it thousands of times a second.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Member = TypeVar("Member", bound="Hashable")

SUBSCRIBER_BITS: Final = 64
"""Of an IPv6 address: RFC 6177 gives a site no less than that, and a host may choose all that follows."""


def origin_of(address: str) -> str:
    """What counts as one address; an IPv4 address that is written as IPv6 is itself."""
    if ":" not in address:
        return address
    parsed = IPv6Address(address)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), SUBSCRIBER_BITS), strict=False))


class _Group(Generic[Member]):
    """Those from one address, each kind in the order in which they came, or last got on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.still: OrderedDict[Member, None] = OrderedDict()
        self.moving: OrderedDict[Member, None] = OrderedDict()
        self.busy = 0
        self.rank = 0
        """Where it is listed among those that somebody may be put out of; 0: not there."""

    @property
    def size(self) -> int:
        return self.busy + len(self.still) + len(self.moving)

    def first(self) -> Member | None:
        return next(iter(self.still or self.moving), None)

    def take_out(self, member: Member) -> None:
        if member in self.still:
            del self.still[member]
        elif member in self.moving:
            del self.moving[member]
        else:
            self.busy -= 1


class Crowd(Generic[Member]):
    """All that are counted. An `OrderedDict` each time, as the first of a `dict` is behind those that left it."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group[Member]] = {}
        self._group_of: dict[Member, _Group[Member]] = {}
        self._by_rank: dict[int, OrderedDict[_Group[Member], None]] = {}
        """No set is empty; in each, the group to which something happened last is the last."""
        self._most = 0
        """No rank is above it."""

    def __len__(self) -> int:
        return len(self._group_of)

    def join(self, member: Member, address: str, *, moving: bool = False) -> None:
        """Count one in that is not there yet; `moving` as by `progress`."""
        name = origin_of(address)
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = _Group(name)
        self._group_of[member] = group
        (group.moving if moving else group.still)[member] = None
        self._sort_in(group)

    def leave(self, member: Member) -> None:
        """Count it out, if it is there."""
        group = self._group_of.pop(member, None)
        if group is not None:
            group.take_out(member)
            self._sort_in(group)

    def progress(self, member: Member) -> None:
        """It got on: the others from its address go first, and those from elsewhere where as many come from."""
        self._move(member, lambda group: group.moving)

    def idle(self, member: Member) -> None:
        """It may go, after those that may already."""
        self._move(member, lambda group: group.still)

    def busy(self, member: Member) -> None:
        """It counts, yet must not go."""
        group = self._group_of.get(member)
        if group is not None:
            group.take_out(member)
            group.busy += 1
            self._sort_in(group)

    def next_to_go(self, address: str) -> Member | None:
        """Who gives way to a newcomer from `address`; None if nobody has to.

        Of those from where most come, the oldest that has never got on, or the one that last did longest ago. Nobody
        gives way to one from where as many come already: that puts out its own. Among addresses with as many it is the
        one where longest nothing happened, whether its members got on or not: else whoever holds a thousand addresses
        and gets on once would see all newcomers put out.
        """
        while self._most and self._most not in self._by_rank:
            self._most -= 1  # as often as connections from one address at the most
        own = self._groups.get(origin_of(address))
        if own is not None and own.size >= self._most:
            return own.first()
        return next(iter(self._by_rank[self._most])).first() if self._most else None

    def _move(self, member: Member, to: Callable[[_Group[Member]], OrderedDict[Member, None]]) -> None:
        group = self._group_of.get(member)
        if group is not None:
            group.take_out(member)
            to(group)[member] = None
            self._sort_in(group)

    def _sort_in(self, group: _Group[Member]) -> None:
        """Something happened to it."""
        if group.rank:
            listed = self._by_rank[group.rank]
            del listed[group]
            if not listed:
                del self._by_rank[group.rank]
        size = group.size
        group.rank = size if size > group.busy else 0
        if group.rank:
            self._by_rank.setdefault(size, OrderedDict())[group] = None
            self._most = max(self._most, size)
        if not size:
            del self._groups[group.name]
