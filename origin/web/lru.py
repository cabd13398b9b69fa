"""A mapping that forgets what was used longest ago when it is full, and what has grown too old."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """At most `size` values, each for at most `ttl_s` seconds. Time is an argument."""

    def __init__(self, size: int, ttl_s: float) -> None:
        self._size = size
        self._ttl_s = ttl_s
        self._entries: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    def get(self, name: str, now: float) -> Value | None:
        """The value, if it is remembered and young enough."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        if not entry[0] <= now < entry[0] + self._ttl_s:
            del self._entries[name]
            return None
        self._entries.move_to_end(name)
        return entry[1]

    def put(self, name: str, value: Value, now: float) -> None:
        """Remember a value."""
        self._entries[name] = (now, value)
        self._entries.move_to_end(name)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
