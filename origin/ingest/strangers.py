"""Connections that do not publish (yet) share what they may use of the event loop, so that many are no more than one.

Work is charged after it is done. Once more is spent than there is, every member is held, and newcomers with them,
until that is paid off; so what one turn of the loop can overdraw is a single read.

Members are released in the order in which they were served last, and those who come in stand at the end: kernels report
sockets in the order in which they are watched again, so that each that has something to say gets its turn, whoever
says how much, and whoever comes back how often.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from origin.ingest.allowance import Allowance


class Member(Protocol):
    """A connection, as the group needs it."""

    def hold(self, reason: str) -> None:
        """Read nothing until each reason to wait is released."""

    def release(self, reason: str) -> None:
        """That reason is gone."""


class Strangers:
    """One such group: those from one address, or all."""

    def __init__(self, name: str, share: float, burst_s: float, now: float) -> None:
        self._name = name
        self._cpu = Allowance(share, share * burst_s, now)
        self._members: dict[Member, None] = {}
        """Who was served least recently stands first."""
        self._held = False

    @property
    def held(self) -> bool:
        """Whether more is spent than there is."""
        return self._held

    def join(self, member: Member) -> None:
        """Count a connection in."""
        self._members[member] = None
        if self._held:
            member.hold(self._name)

    def leave(self, member: Member) -> None:
        """It publishes now, or is gone."""
        if member in self._members:
            del self._members[member]
            member.release(self._name)

    def spend(self, member: Member, seconds: float, now: float) -> None:
        """A member, who may have left by now, was served, which took that long."""
        if member in self._members:
            del self._members[member]
            self._members[member] = None
        wait = self._cpu.spend(seconds, now)
        if wait and not self._held:
            self._held = True
            for each in self._members:
                each.hold(self._name)
            asyncio.get_running_loop().call_later(wait, self._resume)

    def _resume(self) -> None:
        self._held = False
        for member in tuple(self._members):
            member.release(self._name)
