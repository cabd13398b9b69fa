"""What the origin asks of a journal: to hand on what a broadcast's writer has shown, in order, from one writer alone.

A broadcast's state is a snapshot and an ordered list of small entries after it, opaque bytes made by the packager, with
the bytes of the newest parts (bodies) beside it. Entries have numbers, which only rise: over rebases, over writers, and
over a loss of the whole journal. The snapshot stands for all entries up to its own number.

The writer holds a fencing number from the catalog, the epoch, and writes it through one `Journal` from one task:

    fence(epoch) → past → begin(epoch, snapshot) → tell, tell, … rebase … tell → forget
                                  ↑                  │
                                  └── Forgotten, BusError: nothing else is taken until it begins again

so that whatever a command that seemed lost may still do, no history has a hole in it. Readers enter `follow`, then read
`past`, and apply each `Told` that continues what they have; after a `Lost` or a gap they read `past` again. Messages
can be lost silently: a reader compares `sequence` with its own from time to time.

A journal is kept for the living. All of it expires; the truth about a stored broadcast is in the catalog and the store.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from origin.bus.protocol import Subscription

MAX_SNAPSHOT_BYTES: Final = 64 << 20
"""What the packager's diary bounds itself to: a window of a day."""
MAX_TELL_BYTES: Final = 1 << 20
"""Entries of one `tell`; they are a few hundred bytes each. Followers queue them."""
MAX_ENTRIES: Final = 4096
"""After a snapshot: minutes at 20 a second, when a writer rebases every half minute. Readers apply them one by one."""
MAX_ENTRIES_BYTES: Final = 8 << 20
"""After a snapshot: four thousand of 2 KB."""
MAX_BODY_BYTES: Final = 16 << 20
"""A third of a second at 100 Mbit/s is 4 MB, a second of a stream that shows no parts 12 MB; a key frame may be all of
it. Writers leave out what is larger, and other nodes wait for the segment instead."""
MAX_BODIES_BYTES: Final = 64 << 20
"""Of one broadcast: 30 s at 18 Mbit/s. Beyond it the oldest give way, and other nodes wait for the segment instead."""
MAX_KEPT_BYTES: Final = 4 << 20
"""Init segments of one broadcast, 1 to 4 KB each: a thousand changes of parameters. Beyond it the oldest give way."""
BODY_TTL_S: Final = 30.0
"""Parts are listed for three target durations (RFC 8216bis, 6.2.2), which are 10 s at the most."""
JOURNAL_TTL_S: Final = 3600.0
"""After the last `tell`. A broadcast that nobody has written to for an hour has ended, however it ended."""

_BROADCAST: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_BODY: Final = re.compile(r"[A-Za-z0-9._/-]{1,200}")


class Fenced(Problem):
    """A writer with a higher epoch has written here; this one must stop. Nothing was changed."""

    def __init__(self, broadcast: str, epoch: int) -> None:
        super().__init__("conflict", f"Epoch {epoch} of {broadcast} is over: another node writes it now.")


class Forgotten(Problem):
    """The journal cannot go on from what it has (it was emptied, is full, or lost track): begin again, with a snapshot.

    Nothing was changed.
    """

    def __init__(self, broadcast: str, why: str = "the journal has nothing to append to") -> None:
        super().__init__("bus_failed", f"{broadcast} must be begun again: {why}.")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept, and for how long. Tests make them small."""

    entries: int = MAX_ENTRIES
    entries_bytes: int = MAX_ENTRIES_BYTES
    bodies_bytes: int = MAX_BODIES_BYTES
    kept_bytes: int = MAX_KEPT_BYTES
    body_ttl_s: float = BODY_TTL_S
    journal_ttl_s: float = JOURNAL_TTL_S


@dataclass(frozen=True, slots=True)
class Past:
    """What a broadcast's writers have told so far. `snapshot` is empty where only what follows `after` was asked for.

    `sequence` is the number of the last entry, or the snapshot's own if there are none after it.
    """

    epoch: int
    sequence: int
    snapshot: bytes
    entries: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Entries in order; `sequence` is the number of the first. Where it skips some, something was lost."""

    sequence: int
    entries: tuple[bytes, ...]

    @property
    def last(self) -> int:
        """The number of the last entry."""
        return self.sequence + len(self.entries) - 1


class Journal(Protocol):
    """Histories of broadcasts. Methods raise `BusError` when the journal does not answer in a few seconds.

    Writers' methods raise `Fenced` after a higher epoch has begun, and `Forgotten` where the epoch has no base (`begin`
    makes one, `forget` needs none); both change nothing. ValueError is for what `checked_bodies` and its like refuse.
    """

    async def fence(self, broadcast: str, epoch: int) -> None:
        """Take nothing from lower epochs any more: what `past` gives then is the last word of the writer before.

        All that there is stays; this epoch itself has no base yet. Nothing happens where nothing is known.
        """

    async def begin(self, broadcast: str, epoch: int, snapshot: bytes) -> int:
        """Base everything that follows on `snapshot`, under this epoch; earlier entries are dropped, bodies are not.

        Answers with the number that the snapshot stands for, which is higher than all before. Followers see a `Lost`.
        """

    async def tell(
        self, broadcast: str, epoch: int, entries: Sequence[bytes], bodies: Mapping[str, Sequence[bytes]]
    ) -> int:
        """Append entries, keep bodies (given in pieces) for `BODY_TTL_S` and tell followers, all of it or nothing.

        Answers with the number of the last entry. After a `BusError` nobody knows whether it was done.
        """

    async def rebase(self, broadcast: str, epoch: int, sequence: int, snapshot: bytes) -> None:
        """Let `snapshot` stand for all entries up to `sequence`; later ones stay.

        An older snapshot than the present one is ignored.
        """

    async def keep(self, broadcast: str, epoch: int, bodies: Mapping[str, Sequence[bytes]]) -> None:
        """Keep bodies for as long as the journal lives: init segments."""

    async def forget(self, broadcast: str, epoch: int) -> None:
        """Drop all but the epoch and the number reached. Nothing to forget is no error. Followers see a `Lost`."""

    async def past(self, broadcast: str, after: int | None = None) -> Past | None:
        """All there is, or only the entries after `after` if they are still there. None: nothing is known."""

    async def sequence(self, broadcast: str) -> int | None:
        """The number of the last entry, cheaply; None where `past` gives None."""

    async def body(self, broadcast: str, name: str) -> bytes | None:
        """A body, whole. None: it was never there, or has expired (at the latest after twice its time)."""

    def follow(self, broadcast: str) -> Subscription[Told]:
        """What is told from the moment that `async with` was entered."""

    async def close(self) -> None:
        """End all followers. May be called more than once."""


def checked_broadcast(broadcast: str) -> str:
    """Give the name back; ValueError if it has strange characters."""
    if not _BROADCAST.fullmatch(broadcast):
        raise ValueError(f"{broadcast!r} is not a broadcast.")
    return broadcast


def checked_snapshot(snapshot: bytes) -> bytes:
    """Give the snapshot back; ValueError if it is empty (`Past` says "none" by that) or too large."""
    if not 0 < len(snapshot) <= MAX_SNAPSHOT_BYTES:
        raise ValueError(f"A snapshot of {len(snapshot)} bytes is empty or too large ({MAX_SNAPSHOT_BYTES}).")
    return snapshot


def checked_entries(broadcast: str, entries: Sequence[bytes]) -> tuple[bytes, ...]:
    """Give the entries back; `Forgotten` if they are so large that a snapshot does better."""
    size = sum(map(len, entries))
    if size > MAX_TELL_BYTES:
        raise Forgotten(broadcast, f"entries of {size} bytes are too large for one step ({MAX_TELL_BYTES})")
    return tuple(entries)


def is_body(name: str) -> bool:
    """Tell whether there can be a body of this name."""
    return _BODY.fullmatch(name) is not None


def checked_bodies(bodies: Mapping[str, Sequence[bytes]]) -> dict[str, bytes]:
    """Join the bodies' pieces; ValueError if a name has strange characters or a body is too large."""
    whole = {}
    for name, pieces in bodies.items():
        if not is_body(name):
            raise ValueError(f"{name!r} is not the name of a body.")
        size = sum(map(len, pieces))
        if size > MAX_BODY_BYTES:
            raise ValueError(f"{name} has {size} bytes, too many for the journal ({MAX_BODY_BYTES}).")
        whole[name] = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    return whole
