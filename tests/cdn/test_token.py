from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from cdn import token as tokens
from cdn.token import Claims, SigningKey, TokenError, TokenExpired, TokenInvalid, TokenRevoked

NOW = 1_700_000_000
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\2" * 32)
KEY = SigningKey(tokens.key_id(PRIVATE.public_key()), PRIVATE)
KEYS = {KEY.kid: PRIVATE.public_key()}
CLAIMS = Claims("play", "pb_x", "/play/pb_x/", NOW, NOW, NOW + 600, "j1", "s1", "tn_a")
TOKEN = tokens.sign(CLAIMS, KEY)


def verify(token: str, **changes: Any) -> Claims:
    asked: dict[str, Any] = {
        "keys": KEYS,
        "now": NOW,
        "revoked": (),
        "scope": "play",
        "path": "/play/pb_x/v0/1-7.3.m4s",
        "ip": "192.0.2.1",
    }
    return tokens.verify(token, **asked | changes)


def signed(payload: dict[str, Any], **header: Any) -> str:
    return jwt.PyJWS().encode(json.dumps(payload).encode(), PRIVATE, "EdDSA", {"kid": KEY.kid, **header})


def payload(**changes: Any) -> dict[str, Any]:
    values = {"iss": "headwater", **{f: getattr(CLAIMS, f) for f in Claims.__slots__ if f != "ip"}, **changes}
    return {name: value for name, value in values.items() if value is not ...}


def test_a_token_comes_back_as_it_was_signed() -> None:
    assert verify(TOKEN) == CLAIMS
    assert len(TOKEN) < tokens.MAX_TOKEN_CHARS / 2


def test_the_header_is_what_edges_are_promised() -> None:
    assert jwt.get_unverified_header(TOKEN) == {"alg": "EdDSA", "kid": KEY.kid, "typ": "JWT"}
    assert jwt.decode(TOKEN, PRIVATE.public_key(), ["EdDSA"], options={"verify_exp": False, "verify_nbf": False}) == (
        payload()
    )


def test_key_id_is_the_thumbprint_of_rfc_8037_appendix_a3() -> None:
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    assert tokens.key_id(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    (shown,) = tokens.jwks({"k": public})["keys"]
    assert shown["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert shown | {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "k", "use": "sig"} == shown


def test_jwks_is_read_by_others() -> None:
    found = jwt.PyJWKSet.from_dict(tokens.jwks(KEYS))[KEY.kid]
    assert jwt.PyJWS().decode(TOKEN, found.key, ["EdDSA"])


@pytest.mark.parametrize(
    ("now", "error"),
    [
        (NOW - 31, TokenInvalid),
        (NOW - 30, None),
        (NOW + 629.9, None),
        (NOW + 630, TokenExpired),
    ],
)
def test_times_have_a_leeway(now: float, error: type[TokenError] | None) -> None:
    if error is None:
        verify(TOKEN, now=now)
    else:
        with pytest.raises(error):
            verify(TOKEN, now=now)


def test_a_play_token_may_go_without_an_end_and_can_be_revoked() -> None:
    eternal = tokens.sign(dataclasses.replace(CLAIMS, exp=None), KEY)
    assert verify(eternal, now=NOW + 10**10).exp is None
    with pytest.raises(TokenRevoked):
        verify(eternal, revoked={"j1"})


@pytest.mark.parametrize("scope", ["publish", "download"])
def test_others_may_not(scope: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(signed(payload(scope=scope, exp=...)), scope=scope)


def test_codes_are_those_of_the_contract() -> None:
    assert [e.code for e in (TokenInvalid, TokenExpired, TokenRevoked)] == [
        "token_invalid",
        "token_expired",
        "token_revoked",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/play/pb_x",
        "/play/pb_xy/index.m3u8",
        "/play/pb_y/index.m3u8",
        "/play/pb_x/../pb_y/index.m3u8",
        "/play/pb_x/./index.m3u8",
        "/play/pb_x//index.m3u8",
        "//play/pb_x/index.m3u8",
        "/play/pb_x/%2e%2e/pb_y/index.m3u8",
        "/play/pb_x/..%2fpb_y",
        "/play/pb_x/..\\pb_y",
        "/play/pb_x/a\0b",
        "/play/pb_x/a\n",
        "/play/pb_x/ä",
        "/play/pb_x/..;/pb_y",
        "/play/pb_x/index.m3u8?x",
        "play/pb_x/index.m3u8",
        "",
        "/",
    ],
)
def test_paths_outside_the_prefix_or_ambiguous_are_refused(path: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(TOKEN, path=path)


@pytest.mark.parametrize("path", ["/play/pb_x/", "/play/pb_x/index.m3u8", "/play/pb_x/v0/1-init-1.mp4", None])
def test_paths_inside_are_opened(path: str | None) -> None:
    verify(TOKEN, path=path)


def test_a_prefix_that_opens_everything_opens_nothing() -> None:
    with pytest.raises(TokenInvalid):
        verify(signed(payload(path="/")))


def test_scope_must_fit() -> None:
    with pytest.raises(TokenInvalid):
        verify(TOKEN, scope="download")


@pytest.mark.parametrize(
    ("tied", "actual", "good"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:DB8:0::1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", None, False),
        ("192.0.2.1", "unix:", False),
    ],
)
def test_a_token_may_be_tied_to_an_address(tied: str, actual: str | None, *, good: bool) -> None:
    token = tokens.sign(dataclasses.replace(CLAIMS, ip=tied), KEY)
    if good:
        verify(token, ip=actual)
    else:
        with pytest.raises(TokenInvalid):
            verify(token, ip=actual)


@pytest.mark.parametrize("name", ["iss", "scope", "sub", "path", "iat", "nbf", "jti", "sid", "tn"])
@pytest.mark.parametrize("value", [..., None, [], {}, True, 1.5, "", "x" * 300])
def test_missing_and_malformed_claims_are_refused(name: str, value: object) -> None:
    with pytest.raises(TokenInvalid):
        verify(signed(payload(**{name: value})))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"exp": "1"},
        {"exp": None},
        {"exp": float("nan")},
        {"exp": True},
        {"path": "/play/pb_x"},
        {"path": "/play/../"},
        {"scope": "admin"},
        {"ip": ""},
        {"ip": 4},
    ],
)
def test_claims_of_another_making_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        verify(signed(payload(**changes)))


def compact(header: object, body: bytes, signature: bytes) -> str:
    parts = (json.dumps(header).encode(), body, signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def test_algorithm_confusion_is_refused() -> None:
    body = json.dumps(payload()).encode()
    none = {"alg": "none", "kid": KEY.kid}
    hs256 = {"alg": "HS256", "kid": KEY.kid}
    public = PRIVATE.public_key().public_bytes_raw()
    head = compact(hs256, body, b"").rpartition(".")[0]
    mac = hmac.digest(public, head.encode(), hashlib.sha256)
    for forged in (compact(none, body, b""), compact(none, body, b"\0" * 64), compact(hs256, body, mac)):
        with pytest.raises(TokenInvalid):
            verify(forged)


@pytest.mark.parametrize("extra", [{"crit": ["b64"], "b64": False}, {"jwk": {}}, {"jku": "https://x"}, {"crit": []}])
def test_headers_with_other_names_are_refused(extra: dict[str, Any]) -> None:
    head = {"alg": "EdDSA", "kid": KEY.kid, **extra}
    body = json.dumps(payload()).encode()
    unsigned = compact(head, body, b"").removesuffix(".")
    signature = base64.urlsafe_b64encode(PRIVATE.sign(unsigned.encode())).rstrip(b"=").decode()
    with pytest.raises(TokenInvalid):
        verify(f"{unsigned}.{signature}")


def test_unknown_and_wrong_keys_are_refused() -> None:
    stranger = SigningKey(tokens.key_id(OTHER.public_key()), OTHER)
    with pytest.raises(tokens.TokenKeyUnknown):
        verify(tokens.sign(CLAIMS, stranger))
    with pytest.raises(TokenInvalid, match="does not fit"):
        verify(tokens.sign(CLAIMS, SigningKey(KEY.kid, OTHER)))


def test_several_keys_are_valid_at_once() -> None:
    second = SigningKey(tokens.key_id(OTHER.public_key()), OTHER)
    keys = {**KEYS, second.kid: OTHER.public_key()}
    assert verify(TOKEN, keys=keys) == verify(tokens.sign(CLAIMS, second), keys=keys)


class Untouchable(dict[str, Any]):
    """Keys that must not be asked for."""

    def get(self, *_: object) -> Any:
        raise AssertionError


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c.d", "x" * 10_000_000, f"{'a' * 3000}.b.{'c' * 86}", TOKEN + "=", TOKEN + "\n"],
)
def test_what_is_no_token_is_refused_before_any_cryptography(token: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(token, keys=Untouchable())


@pytest.mark.parametrize("document", [b"[" * 190, b"null", b"[]", b'"x"', b"\xff\xfe", b"1" * 190])
def test_headers_that_are_no_object_are_refused(document: bytes) -> None:
    segment = base64.urlsafe_b64encode(document).rstrip(b"=").decode()
    with pytest.raises(TokenInvalid):
        verify(f"{segment}.e30.{'A' * 86}", keys=Untouchable())


@given(st.integers(0, len(TOKEN) - 1), st.characters(max_codepoint=0x2FF))
def test_one_changed_character_breaks_it(at: int, character: str) -> None:
    changed = TOKEN[:at] + character + TOKEN[at + 1 :]
    # Of the last character four bits are padding that decoders ignore (RFC 4648 3.5): the same signature.
    if changed == TOKEN or at == len(TOKEN) - 1:
        return
    with pytest.raises(TokenInvalid):
        verify(changed)


@given(st.text(max_size=400))
def test_any_text_is_refused_cleanly(text: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["iss", *Claims.__slots__]), json_values))
def test_any_claims_signed_by_us_give_claims_or_a_token_error(changes: dict[str, Any]) -> None:
    with contextlib.suppress(TokenError):
        assert isinstance(verify(signed(payload(**changes))), Claims)


segments = st.text("abc._-%/\\", min_size=1, max_size=6)


@given(st.lists(segments, max_size=4))
def test_what_is_opened_stays_below_the_prefix(parts: list[str]) -> None:
    path = "/play/pb_x/" + "/".join(parts)
    if tokens.opens("/play/pb_x/", path):
        assert path.startswith("/play/pb_x/")
        assert not {"..", "."} & set(path.split("/"))
        assert "%" not in path
        assert "//" not in path
