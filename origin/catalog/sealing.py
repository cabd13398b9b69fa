"""Private keys at rest: AES-256-GCM under the cluster's secret.

A sealed value is bound to its name (the key id) as associated data, so that nobody with write access to the database
can put one key in another's place. Form: one version byte, 12 bytes of nonce, ciphertext, 16 bytes of tag
(NIST SP 800-38D; random nonces are safe far beyond the few values that are ever sealed under one secret, section 8.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from origin.catalog.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION: Final = b"\x01"
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


def seal(secret: bytes, name: str, plain: bytes, random: Callable[[int], bytes]) -> bytes:
    """Encrypt `plain` under the 32-byte `secret`, bound to `name`."""
    nonce = random(NONCE_BYTES)
    return VERSION + nonce + AESGCM(secret).encrypt(nonce, plain, name.encode())


def unseal(secret: bytes, name: str, sealed: bytes) -> bytes:
    """Give what was sealed under this secret and name; `catalog_failed` if it was not."""
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != VERSION or len(body) < TAG_BYTES:
        raise CatalogError(f"What is sealed under {name} has an unknown form; was it written by a newer version?")
    try:
        return AESGCM(secret).decrypt(nonce, body, name.encode())
    except InvalidTag:
        raise CatalogError(
            f"What is sealed under {name} cannot be opened: `secret` is not the one that this catalog was made with. "
            "All nodes of a cluster share one: set it to what the first node has, in its settings or <data_dir>/secret."
        ) from None
