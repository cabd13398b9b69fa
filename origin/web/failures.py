"""How often an address may show wrong credentials: a bucket for each, so that secrets cannot be guessed in bulk."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from typing import Final

from origin.errors import Problem

BURST: Final = 10.0
"""Wrong credentials in a row before an address must wait: a person who mistypes, a script with an old key."""
REFILL_PER_S: Final = 1 / 6
"""One more each six seconds. Keys have 128 random bits; this is to save work and logs more than keys."""
MAX_ADDRESSES: Final = 10_000
"""About 2 MB. When full, the address heard of longest ago is forgotten, which forgives it."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Failures:
    """Counts failures by address. Time (seconds) is an argument."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def check(self, address: str, now: float) -> None:
        """Raise `rate_limited` if the address has no failure left to spend."""
        bucket = self._buckets.get(address)
        left = _filled(bucket, now) if bucket else BURST
        if left < 1:
            wait = ceil((1 - left) / REFILL_PER_S)
            raise Problem(
                "rate_limited",
                f"Too many wrong credentials came from this address; wait {wait} s.",
                (("Retry-After", str(wait)),),
            )

    def count(self, address: str, now: float) -> None:
        """Note one failure."""
        bucket = self._buckets.pop(address, None)
        self._buckets[address] = _Bucket((_filled(bucket, now) if bucket else BURST) - 1, now)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)


def _filled(bucket: _Bucket, now: float) -> float:
    return min(BURST, bucket.left + max(0.0, now - bucket.at) * REFILL_PER_S)
