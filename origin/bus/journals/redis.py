"""A journal on the Redis server of the bus. Writing and reading are one round trip each, by a script of `scripts`.

A command that timed out may still be carried out later, after others. So every `begin` of a writer has a number of its
own, the term, which rises; commands of an earlier term are refused as those of an earlier epoch are. When the answer to
a `tell` does not come, the term is over, and what follows is refused until the writer begins again.

All keys of a broadcast have its name as their hash tag; Redis Cluster is not spoken nevertheless.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from origin.bus.journals import scripts
from origin.bus.journals.protocol import (
    Bounds,
    Fenced,
    Forgotten,
    Past,
    Told,
    checked_bodies,
    checked_broadcast,
    checked_entries,
    checked_snapshot,
    is_body,
)
from origin.bus.protocol import BusError
from origin.bus.queues import Queue, units
from origin.bus.redis import RedisBus
from origin.bus.redis_link import Address, RedisLink

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from origin.bus.journals.scripts import Script
    from origin.bus.protocol import Bus

BOUNDS: Final = Bounds()
MAX_TERMS: Final = 10_000
"""Broadcasts that one process writes, a few hundred bytes each; whoever is dropped begins again."""
NO_TERM: Final = 0
PARTS: Final = ("state", "entries", "bodies", "ages", "kept", "kept-ages")


@dataclass(slots=True)
class _Term:
    """What this process writes a broadcast as, and how far it has come."""

    epoch: int
    number: int
    reached: int


class RedisJournal:
    """Histories on a server. `own` says whether closing the journal closes the link."""

    def __init__(self, link: RedisLink, bounds: Bounds = BOUNDS, *, own: bool = True) -> None:
        self._link = link
        self._bounds = bounds
        self._own = own
        self._terms: dict[str, _Term] = {}
        self._latest_term = NO_TERM
        self._channels = f"headwater:{link.address.database}:journal:"
        self._closed = False

    @classmethod
    def open(cls, url: str, beside: Bus | None = None) -> RedisJournal:
        """Make a journal, on the connections of the bus `beside` if that is at the same address.

        Raises `BusError` for a URL that cannot be read.
        """
        if isinstance(beside, RedisBus) and beside.link.address == Address.parse(url):
            return cls(beside.link, own=False)
        return cls(RedisLink.open(url))

    async def fence(self, broadcast: str, epoch: int) -> None:
        """Raise the epoch by one script."""
        _accepted(await self._run(scripts.FENCE, broadcast, epoch), broadcast, epoch)

    async def begin(self, broadcast: str, epoch: int, snapshot: bytes) -> int:
        """Begin a new term with a snapshot."""
        before = self._terms.pop(broadcast, None)
        term = _Term(epoch, self._next_term(), before.reached if before else 0)
        self._terms[broadcast] = _Term(epoch, NO_TERM, term.reached)
        answer = await self._write(scripts.BEGIN, broadcast, term, term.reached + 1, checked_snapshot(snapshot))
        term.reached = _accepted(answer, broadcast, epoch)
        self._terms[broadcast] = term
        while len(self._terms) > MAX_TERMS:
            del self._terms[next(iter(self._terms))]
        return term.reached

    async def tell(
        self, broadcast: str, epoch: int, entries: Sequence[bytes], bodies: Mapping[str, Sequence[bytes]]
    ) -> int:
        """Append, keep and publish by one script."""
        added, whole, term, bounds = (
            checked_entries(broadcast, entries),
            checked_bodies(bodies),
            self._term(broadcast, epoch),
            self._bounds,
        )
        limits = (_ms(bounds.body_ttl_s), bounds.bodies_bytes, bounds.entries, bounds.entries_bytes)
        try:
            answer = await self._write(scripts.TELL, broadcast, term, *limits, len(added), *added, *_flat(whole))
        except BaseException:  # also when the writer is cancelled: nobody knows whether it was done
            term.number = NO_TERM
            raise
        term.reached = _accepted(answer, broadcast, epoch)
        return term.reached

    async def rebase(self, broadcast: str, epoch: int, sequence: int, snapshot: bytes) -> None:
        """Replace the snapshot."""
        term = self._term(broadcast, epoch)
        _accepted(
            await self._write(scripts.REBASE, broadcast, term, sequence, checked_snapshot(snapshot)), broadcast, epoch
        )

    async def keep(self, broadcast: str, epoch: int, bodies: Mapping[str, Sequence[bytes]]) -> None:
        """Keep bodies apart from those that expire."""
        term, whole = self._term(broadcast, epoch), checked_bodies(bodies)
        answer = await self._write(scripts.KEEP, broadcast, term, self._bounds.kept_bytes, *_flat(whole))
        _accepted(answer, broadcast, epoch)

    async def forget(self, broadcast: str, epoch: int) -> None:
        """End the term, and what it has written."""
        answer = await self._write(scripts.FORGET, broadcast, _Term(epoch, self._next_term(), 0))
        _accepted(answer, broadcast, epoch)
        self._terms.pop(broadcast, None)

    async def past(self, broadcast: str, after: int | None = None) -> Past | None:
        """Read all, or what follows `after`."""
        found = await self._run(scripts.PAST, broadcast, "" if after is None else after)
        if found is None:
            return None
        epoch, sequence, snapshot, entries = found
        return Past(int(epoch), int(sequence), snapshot, tuple(entries))

    async def sequence(self, broadcast: str) -> int | None:
        """Read two fields."""
        base, last = await self._do("HMGET", _key(broadcast, "state"), "base", "last")
        return None if base is None else int(last)

    async def body(self, broadcast: str, name: str) -> bytes | None:
        """Look among the new, then among the kept."""
        for shelf in ("bodies", "kept"):
            body: bytes | None = await self._do("HGET", _key(broadcast, shelf), name) if is_body(name) else None
            if body is not None:
                return body
        return None

    def follow(self, broadcast: str) -> Queue[Told]:
        """Make a subscription on the connection that the process listens with."""
        channel = self._channels + checked_broadcast(broadcast)
        return Queue(
            partial(self._join, channel),
            partial(self._link.listener.leave, channel),
            lambda told: units(sum(map(len, told.entries))),
        )

    async def close(self) -> None:
        """End all followers."""
        self._closed = True
        self._link.listener.end(self._channels)
        if self._own:
            await self._link.close()

    async def _join(self, channel: str, queue: Queue[Told]) -> None:
        self._check_open()
        await self._link.listener.join(channel, _decoded, queue)

    def _next_term(self) -> int:
        """Give a number above all before, also those of a process before this one."""
        self._latest_term = max(self._latest_term + 1, time.time_ns() // 1000)
        return self._latest_term

    def _term(self, broadcast: str, epoch: int) -> _Term:
        term = self._terms.get(broadcast)
        return term if term is not None and term.epoch == epoch else _Term(epoch, NO_TERM, 0)

    async def _write(self, script: Script, broadcast: str, term: _Term, *arguments: str | bytes | int) -> int:
        ttl = _ms(self._bounds.journal_ttl_s)
        channel = self._channels + broadcast
        answer: int = await self._run(script, broadcast, term.epoch, term.number, channel, ttl, *arguments)
        return answer

    async def _run(self, script: Script, broadcast: str, *arguments: str | bytes | int) -> Any:
        self._check_open()
        keys = [_key(broadcast, part) for part in PARTS]
        return await self._link.run(script.sha, script.text, keys, arguments)

    async def _do(self, *command: str | bytes | int) -> Any:
        self._check_open()
        return await self._link.do(*command)

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("The journal is closed.")


def _accepted(answer: int, broadcast: str, epoch: int) -> int:
    """Give the answer back if it is none of the refusals."""
    if answer == scripts.FENCED:
        raise Fenced(broadcast, epoch)
    if answer == scripts.FORGOTTEN:
        raise Forgotten(broadcast)
    if answer == scripts.FULL:
        raise Forgotten(broadcast, "it has too many entries after its snapshot")
    return answer


def _key(broadcast: str, part: str) -> str:
    return f"headwater:{{{checked_broadcast(broadcast)}}}:{part}"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _flat(bodies: Mapping[str, bytes]) -> list[str | bytes]:
    return [item for pair in bodies.items() for item in pair]


def _decoded(message: bytes) -> Told:
    """Read what `TELL` publishes: a number, a colon, and entries with their lengths (32 bits, big-endian) before them.

    ValueError, which followers see as a `Lost`, also for the empty message that says that a snapshot has been given.
    """
    number, colon, packed = message.partition(b":")
    if not colon:
        raise ValueError("no entries")
    entries = []
    place = 0
    while place < len(packed):
        length = int.from_bytes(packed[place : place + 4], "big")
        place += 4 + length
        if place > len(packed):
            raise ValueError("an entry is cut off")
        entries.append(packed[place - length : place])
    return Told(int(number), tuple(entries))
