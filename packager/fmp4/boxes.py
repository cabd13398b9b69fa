"""The two shapes that all boxes have (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from struct import pack


def box(kind: bytes, *payload: bytes) -> bytes:
    """A box: 32 bits of size, four characters of type, payload."""
    body = b"".join(payload)
    return pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    """A box that starts with a version and 24 bits of flags."""
    return box(kind, pack(">I", version << 24 | flags), *payload)
