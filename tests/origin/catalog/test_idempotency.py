from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from origin.catalog import idempotency, tenants
from origin.catalog.idempotency import Answer
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_an_answer_is_kept_for_its_tenant_and_key_alone(conn: Connection) -> None:
    tenants.create(conn, tenants.Tenant("tn_b", "B", 1.0))
    answer = Answer(DEFAULT_TENANT, "k", "f", 201, b"\x00sealed", 5.0)
    idempotency.store(conn, answer)
    assert idempotency.find(conn, DEFAULT_TENANT, "k") == answer
    assert idempotency.find(conn, DEFAULT_TENANT, "other") is None
    assert idempotency.find(conn, "tn_b", "k") is None
    with pytest.raises(IntegrityError):
        idempotency.store(conn, answer)


def test_answers_are_forgotten_when_they_are_old(conn: Connection) -> None:
    idempotency.store(conn, Answer(DEFAULT_TENANT, "k", "f", 201, b"", 5.0))
    assert idempotency.purge(conn, 5.0) == 0
    assert idempotency.purge(conn, 5.1) == 1
    assert idempotency.find(conn, DEFAULT_TENANT, "k") is None


def test_what_is_sealed_is_not_printed() -> None:
    assert "sealed" not in repr(Answer(DEFAULT_TENANT, "k", "f", 201, b"sealed", 5.0))
