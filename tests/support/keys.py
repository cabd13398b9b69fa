"""Signing keys that are the same in every run."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cdn.token import SigningKey, key_id


def signing_key(seed: int) -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return SigningKey(key_id(private.public_key()), private)


SIGNER = signing_key(1)
OTHER = signing_key(2)
KEYS = {SIGNER.kid: SIGNER.private.public_key()}
"""What a verifier has that knows the first of the two."""
