from __future__ import annotations

import hmac

import pytest

from origin.wire.reader import ProtocolError
from origin.wire.rtmp import handshake
from origin.wire.rtmp.handshake import SIZE, Handshake, digest_place, find_scheme, sign
from tests.support.rtmp_client import SEED, VECTORS

PLAYER = b"Genuine Adobe Flash Player 001"
SERVER = b"Genuine Adobe Flash Media Server 001"


def answer(c1: bytes) -> tuple[bytes, bytes]:
    """S1 and S2 for a C1."""
    shake = Handshake(SEED)
    assert shake.receive_data(b"\x03" + c1) is None
    out = shake.data_to_send()
    assert len(out) == 1 + 2 * SIZE
    assert out[0] == 3
    return out[1 : 1 + SIZE], out[1 + SIZE :]


def test_plain_handshake_echoes() -> None:
    c1 = bytes(8) + bytes(range(256)) * 5 + bytes(248)
    s1, s2 = answer(c1)
    assert s1[4:8] == bytes(4)
    assert s1[8:] != bytes(SIZE - 8)
    assert s2 == c1


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("fill", [0, 1, 182, 255])
def test_digest_handshake_in_both_schemes(scheme: int, fill: int) -> None:
    c1 = sign(bytes((0, 0, 0, 1, 9, 0, 124, 2)) + bytes((fill,)) * (SIZE - 8), scheme, PLAYER)
    assert find_scheme(c1, PLAYER) == scheme
    s1, s2 = answer(c1)
    assert find_scheme(s1, SERVER) == scheme
    at = digest_place(c1, scheme)
    key = hmac.digest(SERVER + handshake._SECRET, c1[at : at + 32], "sha256")
    assert s2[-32:] == hmac.digest(key, s2[:-32], "sha256")


def test_a_real_clients_digest_is_found() -> None:
    c1 = VECTORS["ffmpeg-5.1-h264"][1 : 1 + SIZE]
    assert find_scheme(c1, PLAYER) is not None


def test_a_version_without_digest_falls_back_to_plain() -> None:
    c1 = bytes(4) + b"\x0a\x00\x00\x01" + bytes(SIZE - 8)
    assert answer(c1)[1] == c1


def test_bytes_after_the_handshake_are_given_back() -> None:
    shake = Handshake(SEED)
    assert shake.receive_data(b"\x03" + bytes(2 * SIZE - 1)) is None
    assert shake.receive_data(b"\x00next") == b"next"


@pytest.mark.parametrize("first", [b"\x06", b"\x00", b"G", b"\x16"])
def test_other_versions_are_refused_at_the_first_byte(first: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        Handshake(SEED).receive_data(first)
    assert caught.value.reason == "handshake"
