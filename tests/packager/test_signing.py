from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_decode, base64url_encode

from cdn import token as tokens
from packager import signing
from packager.signing import Place, SignatureError, UnknownKey, WrongPlace, WrongSignature
from tests.support.keys import KEYS, OTHER, SIGNER

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = Place("bc_a", "v0/index.m3u8")
PLAYLIST = b"#EXTM3U\n"
SIGNATURE = signing.sign(PLAYLIST, PLACE, SIGNER)
HEADER: dict[str, Any] = json.loads(base64url_decode(SIGNATURE.partition(b".")[0]))


def signed(header: dict[str, Any], payload: bytes = PLAYLIST) -> bytes:
    """What somebody with the key could write, by hand: RFC 7797, section 5.1, and RFC 7515, appendix F."""
    head = base64url_encode(json.dumps(header).encode())
    return head + b".." + base64url_encode(SIGNER.private.sign(head + b"." + payload))


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in HEADER.items() if key != name}


def test_what_was_signed_is_taken() -> None:
    signing.verify(PLAYLIST, SIGNATURE, PLACE, KEYS)
    signing.verify(PLAYLIST, signed(HEADER), PLACE, KEYS)
    assert (signing.place_of(SIGNATURE), signing.key_of(SIGNATURE)) == (PLACE, SIGNER.kid)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_signed(payload: bytes) -> None:
    signing.verify(payload, signing.sign(payload, PLACE, SIGNER), PLACE, KEYS)


def test_others_can_check_it_with_what_the_rfcs_say() -> None:
    head, empty, signature = SIGNATURE.split(b".")
    assert empty == b""
    SIGNER.private.public_key().verify(base64url_decode(signature), head + b"." + PLAYLIST)
    assert HEADER["alg"] == "EdDSA"
    assert (HEADER["b64"], HEADER["crit"], HEADER["kid"]) == (False, ["b64"], SIGNER.kid)
    assert jwt.PyJWS().decode(SIGNATURE, KEYS[SIGNER.kid], ["EdDSA"], detached_payload=PLAYLIST) == PLAYLIST


@pytest.mark.parametrize(
    ("payload", "signature", "place", "error"),
    [
        (PLAYLIST + b"x", SIGNATURE, PLACE, WrongSignature),
        (PLAYLIST, SIGNATURE[:-4] + b"AAAA", PLACE, WrongSignature),
        (PLAYLIST, SIGNATURE, Place("bc_a", "a0/index.m3u8"), WrongPlace),
        (PLAYLIST, SIGNATURE, Place("bc_b", "v0/index.m3u8"), WrongPlace),
        (PLAYLIST, signing.sign(PLAYLIST, PLACE, OTHER), PLACE, UnknownKey),
        (PLAYLIST, signed({**HEADER, "kid": OTHER.kid}), PLACE, UnknownKey),
    ],
    ids=["other bytes", "other signature", "other name", "other package", "unknown key", "another's kid"],
)
def test_nothing_else_is_taken(payload: bytes, signature: bytes, place: Place, error: type[SignatureError]) -> None:
    with pytest.raises(error) as caught:
        signing.verify(payload, signature, place, KEYS)
    assert caught.value.reason != SignatureError.reason


MALFORMED = {
    "empty": b"",
    "a line's end": SIGNATURE + b"\n",
    "a payload inside": SIGNATURE.replace(b"..", b".e30."),
    "too long": SIGNATURE + b"A" * 3_000,
    "no JSON": b"AAAA.." + b"A" * 86,
    "no object": base64url_encode(b"[]") + b".." + b"A" * 86,
    "nested deeply": base64url_encode(b"[" * 1_300) + b".." + b"A" * 86,
    "a token": tokens.sign(tokens.Claims("play", "pb_x", "/play/pb_x/", 1, 1, 2, "j", "s", "t"), SIGNER).encode(),
    "no type": signed(without("typ")),
    "another type": signed({**HEADER, "typ": "JWT"}),
    "no name": signed(without("name")),
    "a name that is none": signed({**HEADER, "name": ["v0/index.m3u8"]}),
    "encoded payload": signed({**HEADER, "b64": True}),
    "another member": signed({**HEADER, "jwk": {}}),
}


@pytest.mark.parametrize("signature", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_signature_of_ours_is_refused(signature: bytes) -> None:
    with pytest.raises(SignatureError) as caught:
        signing.verify(PLAYLIST, signature, PLACE, KEYS)
    assert caught.value.reason == "malformed"
    with pytest.raises(SignatureError):
        signing.place_of(signature)


@pytest.mark.parametrize(
    "header", [{**HEADER, "crit": ["b64", "exp"]}, {**HEADER, "crit": []}, {**HEADER, "alg": "none"}]
)
def test_a_header_that_pyjwt_refuses_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(WrongSignature):
        signing.verify(PLAYLIST, signed(header), PLACE, KEYS)


def test_a_signature_is_no_token() -> None:
    """The same key signs both, and whoever may name files must not get a token that way."""
    claims = {"iss": "headwater", "scope": "play"}
    payload = base64url_encode(json.dumps(claims).encode())
    head, _, signature = signing.sign(payload, PLACE, SIGNER).split(b".")
    with pytest.raises(tokens.TokenInvalid):
        tokens.read(b".".join((head, payload, signature)).decode(), KEYS)


@given(st.binary(max_size=200), st.sampled_from([lambda b: b, lambda b: base64url_encode(b) + b".." + b"A" * 86]))
def test_any_bytes_are_a_signature_or_an_error(noise: bytes, dressed: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SignatureError):
        signing.verify(PLAYLIST, dressed(noise), PLACE, KEYS)


def test_keys_come_from_a_key_set() -> None:
    document = tokens.jwks(KEYS)
    rsa = {"kty": "RSA", "kid": "r", "n": "AQAB" * 90, "e": "AQAB"}
    assert signing.read_keys(json.dumps(document).encode()) == KEYS
    assert signing.read_keys(json.dumps({"keys": [*document["keys"], rsa]}).encode()) == KEYS


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": [1]}', b"[" * 50_000, b" " * (2 << 20), b'{"keys": []}']
)
def test_what_is_no_key_set_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        signing.read_keys(document)
