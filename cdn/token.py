"""Delivery tokens: who may fetch what, until when; signed by the origin, checked by anybody who has the public keys.

A token is a JWT (RFC 7519) in compact form, signed with Ed25519 (`EdDSA`, RFC 8037) by one of several keys that are
told apart by `kid`. The signature is PyJWT's work; the meaning of the claims is ours, because PyJWT reads the clock.
Checking has two halves: `read` (is it ours? costs a signature check, the answer never changes) and `check` (does it
open this door now? cheap, asked every time). `verify` does both. Nothing here reads a clock or keeps state.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_decode, base64url_encode

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM: Final = "EdDSA"
ISSUER: Final = "headwater"
SCOPES: Final = frozenset({"play", "download", "publish"})
LEEWAY_S: Final = 30
"""How far the clocks of origin and edges may differ."""
MAX_TOKEN_CHARS: Final = 2048
"""Ours are about 600 characters; anything much longer is not ours, and is refused before any cryptography."""
MAX_CLAIM_CHARS: Final = 256
"""The longest claim, `path`, stays below 100 characters."""

# base64url without padding, three times; a signature of 64 bytes is 86 characters. The header (alg, kid, typ) is some
# 90 characters, and is parsed before the signature is checked: so it is held short, which also bounds its nesting.
_SHAPE: Final = re.compile(r"([A-Za-z0-9_-]{1,256})\.([A-Za-z0-9_-]{1,1600})\.([A-Za-z0-9_-]{86})", re.ASCII)
_HEADER_NAMES: Final = frozenset({"alg", "kid", "typ"})
# Unreserved and sub-delimiter characters of RFC 3986 without `%`, `;` and the like, which proxies read differently.
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~@+=,-]+)*/?", re.ASCII)
_JWS: Final = jwt.PyJWS(algorithms=[ALGORITHM])


class TokenError(Exception):
    """The token does not open this; `code` is the stable code of the answer (403)."""

    code = "token_invalid"


class TokenInvalid(TokenError):  # noqa: N818 - named as its code
    """Not ours, damaged, or for another door."""


class TokenKeyUnknown(TokenInvalid):
    """It may be ours: its key is one that we do not know, or not yet."""


class TokenTooEarly(TokenInvalid):
    """It is not valid yet; or the clock is wrong that says so."""


class TokenExpired(TokenError):  # noqa: N818 - named as its code
    """Ours, and its time is over."""

    code = "token_expired"


class TokenRevoked(TokenError):  # noqa: N818 - named as its code
    """Ours, and taken back before its time."""

    code = "token_revoked"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Times are whole unix seconds; `exp` None (play only) means that it does not expire.

    `path` is the prefix that it opens, as the address reads without the token (`/play/pb_x/`). `sid` names the
    viewer's session, `tn` the tenant. `ip` ties the token to one address.
    """

    scope: str
    sub: str
    path: str
    iat: int
    nbf: int
    exp: int | None
    jti: str
    sid: str
    tn: str
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key under the name that verifiers know it by."""

    kid: str
    private: Ed25519PrivateKey


def key_id(public: Ed25519PublicKey) -> str:
    """Name a key by its JWK thumbprint (RFC 7638, RFC 8037 appendix A.3)."""
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": _x(public)}, separators=(",", ":"), sort_keys=True)
    return base64url_encode(hashlib.sha256(members.encode()).digest()).decode()


def jwks(keys: Mapping[str, Ed25519PublicKey]) -> dict[str, list[dict[str, str]]]:
    """The JWK Set (RFC 7517, RFC 8037 section 2) of public keys by their `kid`."""
    return {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": kid, "x": _x(public)}
            for kid, public in keys.items()
        ]
    }


def sign(claims: Claims, key: SigningKey) -> str:
    """Write the claims as a signed token."""
    values: dict[str, Any] = {"iss": ISSUER}
    values |= {name: value for name in Claims.__slots__ if (value := getattr(claims, name)) is not None}
    payload = json.dumps(values, separators=(",", ":")).encode()
    return _JWS.encode(payload, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})


def read(token: str, keys: Mapping[str, Ed25519PublicKey]) -> Claims:
    """Check form and signature, and take the claims out. Raises `TokenInvalid`."""
    shape = _SHAPE.fullmatch(token) if len(token) <= MAX_TOKEN_CHARS else None
    if shape is None:
        raise TokenInvalid("This is not a token of this server.")
    key = keys.get(_kid(shape[1]))
    if key is None:
        raise TokenKeyUnknown("The token is signed with a key that is not in use.")
    try:
        payload = _JWS.decode(token, key, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise TokenInvalid("The token's signature does not fit.") from error
    return _claims(_object(payload))


def check(  # noqa: PLR0913 - each is one circumstance of the request
    claims: Claims,
    *,
    now: float,
    revoked: Container[str],
    scope: str,
    path: str | None,
    ip: str | None,
    leeway_s: float = LEEWAY_S,
) -> None:
    """Does this token open this door now? Raises a `TokenError`.

    `path` is the wanted address without the token, as sent (not percent-decoded); None where there is no address
    to match (a publisher's key). `ip` is the client's address, None if unknown: then tied tokens open nothing.
    """
    if claims.scope != scope or not (path is None or opens(claims.path, path)):
        raise TokenInvalid("The token is for something else.")
    if claims.ip is not None and not _same_address(claims.ip, ip):
        raise TokenInvalid("The token is tied to another network address.")
    if now < claims.nbf - leeway_s:
        raise TokenTooEarly("The token is not valid yet.")
    if claims.exp is not None and now >= claims.exp + leeway_s:
        raise TokenExpired("The token has expired; ask for a new one.")
    if claims.jti in revoked:
        raise TokenRevoked("The token was revoked; ask for a new one.")


def verify(  # noqa: PLR0913 - each is one circumstance of the request
    token: str,
    *,
    keys: Mapping[str, Ed25519PublicKey],
    now: float,
    revoked: Container[str],
    scope: str,
    path: str | None,
    ip: str | None,
    leeway_s: float = LEEWAY_S,
) -> Claims:
    """`read`, then `check`. Raises a `TokenError`."""
    claims = read(token, keys)
    check(claims, now=now, revoked=revoked, scope=scope, path=path, ip=ip, leeway_s=leeway_s)
    return claims


def opens(prefix: str, path: str) -> bool:
    """Does a token for `prefix` (ends in `/`) open `path`?

    An address that two readers could resolve in two ways (`..`, `//`, percent-escapes) is opened by nothing.
    """
    return _plain(path) and len(prefix) > 1 and path.startswith(prefix)


def _plain(path: str) -> bool:
    return _PATH.fullmatch(path) is not None and not {".", ".."} & set(path.split("/"))


def _same_address(tied: str, actual: str | None) -> bool:
    try:
        return actual is not None and _unmapped(tied) == _unmapped(actual)
    except ValueError:
        return False


def _unmapped(address: str) -> object:
    """An IPv4 client of a dual-stack socket shows as `::ffff:a.b.c.d` (RFC 4291 2.5.5.2): the same address."""
    parsed = ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _kid(header: str) -> str:
    values = _object(_bytes(header))
    kid = values.get("kid")
    # RFC 8725 3.1: the algorithm is ours to choose; `crit`, `jwk`, `b64` and the rest have no meaning here.
    if values.get("alg") != ALGORITHM or not isinstance(kid, str) or not values.keys() <= _HEADER_NAMES:
        raise TokenInvalid("This is not a token of this server.")
    return kid


def _bytes(segment: str) -> bytes:
    try:
        return base64url_decode(segment)
    except ValueError as error:
        raise TokenInvalid("This is not a token of this server.") from error


def _object(document: bytes) -> dict[str, Any]:
    try:
        value = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise TokenInvalid("This is not a token of this server.") from error
    if not isinstance(value, dict):
        raise TokenInvalid("This is not a token of this server.")
    return value


def _claims(values: dict[str, Any]) -> Claims:
    scope, path, exp = _text(values, "scope"), _text(values, "path"), _time(values, "exp")
    if _text(values, "iss") != ISSUER or scope not in SCOPES or not (path.endswith("/") and _plain(path)):
        raise TokenInvalid("The token's claims are not of this server's making.")
    if exp is None and scope != "play":
        raise TokenInvalid("Only play tokens may go without an end.")
    ip = _text(values, "ip") if "ip" in values else None
    sub, jti, sid, tn = (_text(values, name) for name in ("sub", "jti", "sid", "tn"))
    iat, nbf = _needed(values, "iat"), _needed(values, "nbf")
    return Claims(scope=scope, sub=sub, path=path, iat=iat, nbf=nbf, exp=exp, jti=jti, sid=sid, tn=tn, ip=ip)


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CLAIM_CHARS:
        raise TokenInvalid(f"The token's claim {name!r} is missing or malformed.")
    return value


def _time(values: dict[str, Any], name: str) -> int | None:
    value = values.get(name)
    if name not in values:
        return None
    # bool is an int in Python; a NumericDate of ours is a whole number (RFC 7519 section 2 would allow fractions).
    if not isinstance(value, int) or isinstance(value, bool):
        raise TokenInvalid(f"The token's claim {name!r} is malformed.")
    return value


def _needed(values: dict[str, Any], name: str) -> int:
    value = _time(values, name)
    if value is None:
        raise TokenInvalid(f"The token's claim {name!r} is missing.")
    return value


def _x(public: Ed25519PublicKey) -> str:
    return base64url_encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
