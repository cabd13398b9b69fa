"""The first start of a database: a tenant, a signing key, and an API key for whoever set the server up.

All of it is one transaction that waits for its turn, so of several processes or nodes that start at once one does it:
it alone writes an `admin.key`, and makes a `secret` if it was given none.
The admin key's file is written before the commit: a crash between the two leaves a file whose key does not work and
a database that is still new, so that the next start writes both again. The other way round it would leave a database
that nobody has the key to.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from origin.catalog import api_keys, secret_file, signing_keys, tenants
from origin.catalog.engine import take_turn
from origin.catalog.ids import DEFAULT_TENANT, new_id, secret_hash
from origin.catalog.sealing import seal, unseal
from origin.catalog.signing_keys import SigningKeyRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from origin.catalog.database import Catalog
    from origin.config import Settings

ADMIN_KEY_FILE: Final = "admin.key"
SEED_BYTES: Final = 32


def bootstrap(catalog: Catalog, settings: Settings, now: float, random: Callable[[int], bytes]) -> None:
    """Furnish a new database; on any other, check that the secret opens its keys. Blocks for some milliseconds.

    Raises `origin.errors.Problem` (`catalog_failed`) with a sentence for the operator.
    """
    if catalog.read_now(_is_new):
        catalog.write_now(partial(_furnish, settings=settings, now=now, random=random))
    secret = secret_file.load(settings)
    for key in catalog.read_now(partial(signing_keys.active, now=now)):
        unseal(secret, key.kid, key.sealed_private)


def new_signing_key(secret: bytes, now: float, random: Callable[[int], bytes]) -> SigningKeyRow:
    """Make an Ed25519 key; its kid is the thumbprint of the public key (RFC 7638, RFC 8037 appendix A.3)."""
    seed = random(SEED_BYTES)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    kid = thumbprint(public)
    return SigningKeyRow(kid, public, seal(secret, kid, seed, random), now)


def thumbprint(public: bytes) -> str:
    """SHA-256 JWK thumbprint of an Ed25519 public key, base64url without padding."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public)}
    return _base64url(hashlib.sha256(json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _is_new(conn: Connection) -> bool:
    return tenants.get(conn, DEFAULT_TENANT) is None


def _furnish(conn: Connection, *, settings: Settings, now: float, random: Callable[[int], bytes]) -> None:
    take_turn(conn)
    if not _is_new(conn):  # another process was faster
        return
    secret = secret_file.load_or_make(settings, random)
    tenant = tenants.ensure_default(conn, now)
    signing_keys.add(conn, new_signing_key(secret, now, random))
    key = new_id("hw_", random)
    api_keys.create(
        conn,
        tenant_id=tenant.id,
        secret_hash=secret_hash(key),
        role=api_keys.PLATFORM_ADMIN,
        name="first start",
        now=now,
    )
    secret_file.write_private(settings.data_dir / ADMIN_KEY_FILE, key.encode() + b"\n", random, replace=True)
