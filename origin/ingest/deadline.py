"""A time that a peer must keep, in which it is not held against the peer that we kept it waiting."""

from __future__ import annotations


class Deadline:
    """So many seconds from `now`. What passes between `hold` and `release` is given back, up to `most` seconds in all.

    `held`: it begins within a hold.
    """

    __slots__ = ("_due", "_held_since", "_most")

    def __init__(self, seconds: float, most: float, now: float, *, held: bool = False) -> None:
        self._due = now + seconds
        self._most = most
        self._held_since = now if held else None

    def hold(self, now: float) -> None:
        """From here on the peer can do nothing."""
        self._settle(now)
        self._held_since = now

    def release(self, now: float) -> None:
        """It can again."""
        self._settle(now)
        self._held_since = None

    def left(self, now: float) -> float:
        """Seconds until the peer is late, as things stand; 0 or below when it is."""
        self._settle(now)
        return self._due - now

    def _settle(self, now: float) -> None:
        if self._held_since is not None:
            given = min(now - self._held_since, self._most)
            self._due += given
            self._most -= given
            self._held_since = now
