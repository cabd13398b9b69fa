"""The key that packages are signed with: the newest of the catalog, which is made if there is none."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cdn.token import SigningKey
from origin.catalog import glance, secret_file
from origin.catalog.sealing import unseal

if TYPE_CHECKING:
    from origin.config import Settings

_SQLITE: Final = "sqlite:///"


def newest(settings: Settings) -> SigningKey:
    """Give it. Raises `Problem` with what to do."""
    kid, sealed = _at_a_glance(settings.database_url) or _from_catalog(settings)
    seed = unseal(secret_file.load(settings), kid, sealed)
    return SigningKey(kid, Ed25519PrivateKey.from_private_bytes(seed))


def _at_a_glance(url: str) -> tuple[str, bytes] | None:
    return glance.signing_key(Path(url.removeprefix(_SQLITE))) if url.startswith(_SQLITE) else None


def _from_catalog(settings: Settings) -> tuple[str, bytes]:
    from origin.catalog import signing_keys  # noqa: PLC0415 - only where a glance does not do: see `glance`
    from origin.catalog.bootstrap import bootstrap  # noqa: PLC0415 - as above
    from origin.catalog.database import Catalog  # noqa: PLC0415 - as above

    now = time.time()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    catalog = Catalog.open(settings.database_url)
    try:
        bootstrap(catalog, settings, now, os.urandom)
        row = next(key for key in catalog.read_now(partial(signing_keys.active, now=now)) if key.retired_at is None)
    finally:
        catalog.close()
    return row.kid, row.sealed_private
