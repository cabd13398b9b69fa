"""The RTMP handshake, from the server's side: C0 C1 → S0 S1 S2 → C2 (RTMP 1.0, 5.2).

Two forms are spoken. The plain one echoes what came. The digest one is not in the specification: since Flash Player 9,
C1 and S1 carry an HMAC-SHA256 over themselves at a place that one of two schemes computes from four of their own bytes,
and S2 proves that the server knows a key that everybody knows. Some clients (FFmpeg reading, old Flash) insist on it.
Encrypted RTMP (version 6) is refused: RTMPS is what protects a stream key.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from origin.wire.reader import ProtocolError

SIZE: Final = 1536
"""Bytes of each of C1, C2, S1 and S2 (5.2.3, 5.2.4)."""
SEED_SIZE: Final = 32
"""Random bytes that a handshake wants from its caller; all others are stretched from these."""

_VERSION: Final = 3
_DIGEST: Final = 32
_HEAD: Final = 8
"""Time and version (or zero), before the random bytes."""
_SECRET: Final = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
_PLAYER_KEY: Final = b"Genuine Adobe Flash Player 001"
_SERVER_KEY: Final = b"Genuine Adobe Flash Media Server 001"
_SERVER_VERSION: Final = bytes((4, 5, 0, 1))
_SCHEMES: Final = (8, 772)
"""Where the four bytes stand whose sum places the digest: scheme 0 (digest first), scheme 1 (key first)."""
_SPREAD: Final = 728
"""The digest lies in a block of 764 bytes: four of offset, then 728 places for its start."""


class Handshake:
    """One handshake. `receive_data` until it gives back the bytes that follow it; `data_to_send` in between."""

    def __init__(self, seed: bytes) -> None:
        self._random = hashlib.shake_256(seed).digest(2 * SIZE)
        self._buffer = bytearray()
        self._answered = False
        self._out = b""

    def receive_data(self, data: bytes) -> bytes | None:
        """Take bytes; None while the handshake goes on, then whatever came after C2."""
        self._buffer += data
        if self._buffer and self._buffer[0] != _VERSION:
            raise ProtocolError("this is not an RTMP handshake of version 3", "handshake")
        if not self._answered:
            if len(self._buffer) < 1 + SIZE:
                return None
            self._answer(bytes(self._buffer[1 : 1 + SIZE]))
        # C2 should echo S1, but clients in the field send anything (FFmpeg: zeros), and nothing depends on it.
        return bytes(self._buffer[1 + 2 * SIZE :]) if len(self._buffer) >= 1 + 2 * SIZE else None

    def data_to_send(self) -> bytes:
        """S0, S1 and S2, once."""
        out, self._out = self._out, b""
        return out

    def _answer(self, c1: bytes) -> None:
        self._answered = True
        scheme = find_scheme(c1, _PLAYER_KEY) if any(c1[4:8]) else None
        if scheme is None:
            s1 = bytes(_HEAD) + self._random[_HEAD:SIZE]
            self._out = bytes((_VERSION,)) + s1 + c1
            return
        s1 = sign(bytes(4) + _SERVER_VERSION + self._random[_HEAD:SIZE], scheme, _SERVER_KEY)
        self._out = bytes((_VERSION,)) + s1 + _proof(c1, scheme, self._random[SIZE : 2 * SIZE - _DIGEST])


def find_scheme(packet: bytes, key: bytes) -> int | None:
    """Which scheme's digest in C1 or S1 is right for `key`: 0, 1 or None."""
    for scheme in range(len(_SCHEMES)):
        at = digest_place(packet, scheme)
        if hmac.compare_digest(packet[at : at + _DIGEST], _digest(packet, at, key)):
            return scheme
    return None


def digest_place(packet: bytes, scheme: int) -> int:
    """Where the digest of `scheme` starts in C1 or S1."""
    start = _SCHEMES[scheme]
    return sum(packet[start : start + 4]) % _SPREAD + start + 4


def sign(packet: bytes, scheme: int, key: bytes) -> bytes:
    """C1 or S1 with its digest put in place."""
    at = digest_place(packet, scheme)
    return packet[:at] + _digest(packet, at, key) + packet[at + _DIGEST :]


def _digest(packet: bytes, at: int, key: bytes) -> bytes:
    return hmac.digest(key, packet[:at] + packet[at + _DIGEST :], "sha256")


def _proof(c1: bytes, scheme: int, filler: bytes) -> bytes:
    """S2: random bytes, signed with a key made of the server's secret and the client's digest."""
    at = digest_place(c1, scheme)
    key = hmac.digest(_SERVER_KEY + _SECRET, c1[at : at + _DIGEST], "sha256")
    return filler + hmac.digest(key, filler, "sha256")
