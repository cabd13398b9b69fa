"""Range requests for one representation (RFC 9110, section 14): the one range that matters for media, parsed. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_SINGLE: Final = re.compile(rb"bytes=(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


class UnsatisfiableError(Exception):
    """The range begins after the end: 416 (RFC 9110, 15.5.17)."""


class ByteRange(NamedTuple):
    """`start` inclusive, `end` exclusive, in bytes."""

    start: int
    end: int


def parse_range(header: bytes, size: int) -> ByteRange | None:
    """The single range that `header` asks of `size` bytes; None when it is to be ignored (RFC 9110, 14.2).

    Several ranges and unknown units are ignored, which is allowed and answers with the whole.

    Raises:
        UnsatisfiableError: no byte of it exists.
    """
    match = _SINGLE.fullmatch(header)
    if match is None or match.group(1) == match.group(2) == b"":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise UnsatisfiableError
    return ByteRange(start, end)
