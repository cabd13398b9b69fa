"""Connections that do not publish (yet) share what they may use of the event loop, so that many are no more than one.

Work is charged after it is done. Once more is spent than there is, every member is held, and newcomers with them, until
that is paid off; so what one turn of the loop can overdraw is a single read.

Then they are let go one by one, and the loop looks once for what each has to say. Who overdraws ends the round, and
those that had their turn come after those that did not: each gets one, whoever says how much and comes back how often.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from origin.ingest.allowance import Allowance


class Member(Protocol):
    """A connection, as the group needs it."""

    def hold(self, reason: str) -> None:
        """Read nothing until each reason to wait is released."""

    def release(self, reason: str) -> bool:
        """That reason is gone; gives whether that was the last."""


class Strangers:
    """One such group: those from one address, or all."""

    def __init__(self, name: str, share: float, burst_s: float, now: float) -> None:
        self._name = name
        self._cpu = Allowance(share, share * burst_s, now)
        self._free: dict[Member, None] = {}
        self._waiting: dict[Member, None] = {}
        """In the order of their turns."""
        self._passed: dict[Member, None] = {}
        """Who could not use its turn: it had another reason to wait."""
        self._next: asyncio.Handle | None = None

    @property
    def held(self) -> bool:
        """Whether somebody has to wait, or a newcomer would."""
        return self._next is not None

    def join(self, member: Member) -> None:
        """Count a connection in."""
        if self.held:
            self._waiting[member] = None
            member.hold(self._name)
        else:
            self._free[member] = None

    def leave(self, member: Member) -> None:
        """It publishes now, or is gone."""
        for some in (self._free, self._waiting, self._passed):
            some.pop(member, None)
        member.release(self._name)

    def spend(self, seconds: float, now: float) -> None:
        """A member has worked for that long."""
        wait = self._cpu.spend(seconds, now)
        if not wait:
            return
        if self._next:
            self._next.cancel()
        for member in (*self._passed, *self._free):
            member.hold(self._name)
        self._waiting = self._passed | self._waiting | self._free
        self._passed, self._free = {}, {}
        self._next = asyncio.get_running_loop().call_later(wait, self._begin_round)

    def _begin_round(self) -> None:
        # uvloop looks at sockets after what was called soon, but not between a timer and that.
        self._next = asyncio.get_running_loop().call_soon(self._let_go)

    def _let_go(self) -> None:
        """Give the next one its turn."""
        member = next(iter(self._waiting), None)
        if member is None:
            self._next = None
            return
        del self._waiting[member]
        (self._free if member.release(self._name) else self._passed)[member] = None
        # After what the loop finds ready now: `call_soon` would come before it, and let the next one go unheard.
        self._next = asyncio.get_running_loop().call_later(0, self._let_go)
