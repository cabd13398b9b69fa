"""Who gives way when all places are taken, so that a few addresses cannot keep everybody else out.

It is one of those from where most come: whoever fills the house alone, or from a few addresses, puts out its own. Of
IPv6 a /64 counts as one address, since that is what one subscriber has. All is O(1), a few microseconds: a flood calls
it thousands of times a second.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

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

    @property
    def size(self) -> int:
        return len(self.still) + len(self.moving)


class Crowd(Generic[Member]):
    """All that may be put out. An `OrderedDict` each time, as the first of a `dict` is behind those that left it."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group[Member]] = {}
        self._group_of: dict[Member, _Group[Member]] = {}
        self._by_size: dict[int, OrderedDict[_Group[Member], None]] = {}
        """No set is empty; in each, the group to which something happened last is the last."""
        self._most = 0

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
        self._sort_in(group, group.size - 1)

    def leave(self, member: Member) -> None:
        """Count it out, if it is there."""
        group = self._group_of.pop(member, None)
        if group is None:
            return
        before = group.size
        group.still.pop(member, None)
        group.moving.pop(member, None)
        self._sort_in(group, before)

    def progress(self, member: Member) -> None:
        """It got on: the others from its address go first, and those from elsewhere where as many come from."""
        group = self._group_of.get(member)
        if group is None:
            return
        group.still.pop(member, None)
        group.moving[member] = None
        group.moving.move_to_end(member)
        self._by_size[group.size].move_to_end(group)

    def next_to_go(self) -> Member | None:
        """Of those from where most come, the oldest that has never got on, or the one that last did longest ago.

        None if nobody is there. Among addresses with as many it is the one where longest nothing happened, whether its
        members got on or not: else whoever holds a thousand addresses and gets on once would see all newcomers put out.
        """
        if not self._most:
            return None
        group = next(iter(self._by_size[self._most]))
        return next(iter(group.still or group.moving))

    def _sort_in(self, group: _Group[Member], before: int) -> None:
        """Its size was `before`, and is one more or less now."""
        if before:
            old = self._by_size[before]
            del old[group]
            if not old:
                del self._by_size[before]
        if group.size:
            self._by_size.setdefault(group.size, OrderedDict())[group] = None
        else:
            del self._groups[group.name]
        if group.size > self._most or self._most not in self._by_size:
            self._most = group.size
