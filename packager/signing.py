"""Signatures of manifests: a detached JWS (RFC 7515, appendix F; RFC 7797) over a file's bytes, kept as `<name>.jws`.

A signature is worth as much as what it is bound to. Over the bytes alone, whoever can write to the store could put one
signed playlist in another's place, with its signature: yesterday's broadcast in today's, the sound's playlist in the
picture's. So the protected header names the `package` (the broadcast or asset, whose id is never used again) and the
`name` within it, and whoever verifies says which file of which package it wants. The tenant is left out: the id already
says which one it is, and a folder that somebody has downloaded has none. What no signature can tell is whether there is
a newer one.

`typ` keeps signatures and delivery tokens apart, which the same keys sign (RFC 8725, 3.11). `package` and `name` are
not in `crit`, so that any library that knows RFC 7797 can check the signature; it then has to compare them by itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.utils import base64url_decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM: Final = "EdDSA"
TYPE: Final = "headwater-manifest"
SUFFIX: Final = ".jws"
MAX_SIGNATURE_BYTES: Final = 2_048
"""Ours are some 400 bytes; a name of 512 characters, the longest that a store takes, still fits."""
MAX_KEY_SET_BYTES: Final = 1 << 20
"""Some 6,000 keys: one a day for sixteen years."""

# The header is parsed before the signature is checked, so it is held short, which also bounds its nesting.
_SHAPE: Final = re.compile(rb"([A-Za-z0-9_-]{1,1800})\.\.[A-Za-z0-9_-]{86}")
_NAMES: Final = frozenset({"alg", "b64", "crit", "kid", "name", "package", "typ"})
_JWS: Final = jwt.PyJWS(algorithms=[ALGORITHM])


class SigningKey(Protocol):
    """A private key under the name that verifiers know it by."""

    @property
    def kid(self) -> str: ...  # noqa: D102 - told above
    @property
    def private(self) -> Ed25519PrivateKey: ...  # noqa: D102 - told above


@dataclass(frozen=True, slots=True)
class Place:
    """Which file it is: its name within its package, and the package's id (`bc_…`, `as_…`)."""

    package: str
    name: str


class SignatureError(Exception):
    """The file is not to be used. `reason` is one word, for metrics; the text is a sentence."""

    reason = "malformed"


class UnknownKey(SignatureError):  # noqa: N818 - says what it is
    """Signed with a key that the verifier does not have."""

    reason = "unknown_key"


class WrongPlace(SignatureError):  # noqa: N818 - as above
    """The signature of another file, or of the same file in another package."""

    reason = "wrong_place"


class WrongSignature(SignatureError):  # noqa: N818 - as above
    """The file is not the one that was signed."""

    reason = "wrong_signature"


def sign(payload: bytes, place: Place, key: SigningKey) -> bytes:
    """Give the content of `<name>.jws`: header, two dots, signature, and no line's end."""
    header = {"kid": key.kid, "name": place.name, "package": place.package, "typ": TYPE}
    return _JWS.encode(payload, key.private, ALGORITHM, header, is_payload_detached=True).encode()


def verify(payload: bytes, signature: bytes, place: Place, keys: Mapping[str, Ed25519PublicKey]) -> None:
    """Raise a SignatureError unless one of `keys`, by `kid`, has signed `payload` as the file at `place`."""
    header = _header(signature)
    key = keys.get(header["kid"])
    if key is None:
        raise UnknownKey(f"The key {header['kid']!r} that has signed it is not known.")
    try:
        _JWS.decode(signature, key, algorithms=[ALGORITHM], detached_payload=payload)
    except jwt.InvalidTokenError as error:
        raise WrongSignature("It is not the file that was signed.") from error
    if (header["package"], header["name"]) != (place.package, place.name):
        raise WrongPlace(f"Its signature is that of {header['name']!r} of {header['package']!r}.")


def place_of(signature: bytes) -> Place:
    """The file that a signature says it is for; to be believed once `verify` agrees. Raises SignatureError."""
    header = _header(signature)
    return Place(header["package"], header["name"])


def key_of(signature: bytes) -> str:
    """The `kid` that a signature names; to be believed as `place_of`. Raises SignatureError."""
    return str(_header(signature)["kid"])


def read_keys(document: bytes) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a JWK Set (RFC 7517, RFC 8037) by `kid`; others are left out. Raises ValueError."""
    if len(document) > MAX_KEY_SET_BYTES:
        raise ValueError("the key set is too large")
    try:
        found = jwt.PyJWKSet.from_dict(json.loads(document)).keys
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is not a JWK set with Ed25519 keys") from error
    return {key.key_id: key.key for key in found if key.key_id and isinstance(key.key, Ed25519PublicKey)}


def _header(signature: bytes) -> dict[str, Any]:
    shape = _SHAPE.fullmatch(signature) if len(signature) <= MAX_SIGNATURE_BYTES else None
    try:
        header = json.loads(base64url_decode(shape[1])) if shape else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.keys() != _NAMES or header["typ"] != TYPE:
        raise SignatureError("This is not the signature of a manifest.")
    if not all(isinstance(header[name], str) for name in ("kid", "name", "package")) or header["b64"] is not False:
        raise SignatureError("This is not the signature of a manifest.")
    return header
