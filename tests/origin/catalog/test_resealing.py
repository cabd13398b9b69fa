from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from origin.catalog import bootstrap, idempotency, resealing, signing_keys, tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.resealing import Secrets
from origin.catalog.sealing import unseal
from origin.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection

SECRETS = Secrets(b"o" * 32, b"n" * 32)


def seeds(conn: Connection, secret: bytes) -> dict[str, bytes]:
    return {key.kid: unseal(secret, key.kid, key.sealed_private) for key in signing_keys.every(conn)}


def test_every_key_is_moved_once(conn: Connection) -> None:
    signing_keys.add(conn, bootstrap.new_signing_key(SECRETS.old, 1.0, os.urandom))
    signing_keys.retire(conn, 2.0)
    signing_keys.add(conn, bootstrap.new_signing_key(SECRETS.old, 2.0, os.urandom))
    before = seeds(conn, SECRETS.old)
    assert resealing.reseal(conn, SECRETS, os.urandom) == 2
    assert seeds(conn, SECRETS.new) == before
    with pytest.raises(Problem, match="secret"):
        seeds(conn, SECRETS.old)
    assert resealing.reseal(conn, SECRETS, os.urandom) == 0


def test_a_key_that_neither_opens_stays(conn: Connection) -> None:
    signing_keys.add(conn, bootstrap.new_signing_key(b"x" * 32, 1.0, os.urandom))
    with pytest.raises(Problem, match="catalog_failed"):
        resealing.reseal(conn, SECRETS, os.urandom)
    assert seeds(conn, b"x" * 32)


def test_kept_answers_are_forgotten(conn: Connection) -> None:
    tenants.ensure_default(conn, 1.0)
    idempotency.store(conn, idempotency.Answer(DEFAULT_TENANT, "k", "f", 201, b"sealed", 1e12))
    resealing.reseal(conn, SECRETS, os.urandom)
    assert idempotency.find(conn, DEFAULT_TENANT, "k") is None
