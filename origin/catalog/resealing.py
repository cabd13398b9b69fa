"""Changing the cluster's secret: everything in the catalog that is sealed under it is sealed anew, in one transaction.

Signing keys are moved over, retired ones as well. Answers kept for an Idempotency-Key are forgotten: they live for a
day, and only who keeps them can open them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.catalog import idempotency, signing_keys
from origin.catalog.errors import CatalogError
from origin.catalog.sealing import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secret that was, and the one that is to be: 32 bytes each."""

    old: bytes
    new: bytes


def reseal(conn: Connection, secrets: Secrets, random: Callable[[int], bytes]) -> int:
    """Seal all keys under the new secret; how many. What is so already stays: an attempt that was cut off is finished.

    Raises `catalog_failed`, and changes nothing, if neither secret opens a key.
    """
    moved = 0
    for key in signing_keys.every(conn):
        if not _opens(secrets.new, key.kid, key.sealed_private):
            seed = unseal(secrets.old, key.kid, key.sealed_private)
            signing_keys.replace_sealed(conn, key.kid, seal(secrets.new, key.kid, seed, random))
            moved += 1
    idempotency.purge(conn, math.inf)
    return moved


def _opens(secret: bytes, name: str, sealed: bytes) -> bool:
    try:
        unseal(secret, name, sealed)
    except CatalogError:
        return False
    return True
