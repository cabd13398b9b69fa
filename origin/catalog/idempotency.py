"""Answers kept for a while under the client's Idempotency-Key, so that a repeated POST does nothing twice.

Store the answer in the same write as what it tells of: then either both are there or none, and of two requests at once
one meets `conflict` and finds the other's answer. Bodies may hold secrets (a new stream key), hence sealed ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROW = schema.idempotency.c
_BY_KEY: Final = select(schema.idempotency).where(_ROW.tenant_id == bindparam("of"), _ROW.key == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Answer:
    """`fingerprint` tells whether it is the same request again; `sealed_body` is for its writer to open."""

    tenant_id: str
    key: str
    fingerprint: str
    status: int
    sealed_body: bytes = field(repr=False)
    created_at: float


def find(conn: Connection, tenant_id: str, key: str) -> Answer | None:
    """Look up what was answered to this tenant's request with this key."""
    return rows.first(conn, _BY_KEY, Answer, of=tenant_id, wanted=key)


def store(conn: Connection, answer: Answer) -> None:
    """Keep an answer. Raises `conflict` if there is one under this key."""
    rows.add(conn, schema.idempotency, answer)


def purge(conn: Connection, before: float) -> int:
    """Forget answers older than `before`; how many."""
    return rows.touched(conn, delete(schema.idempotency).where(_ROW.created_at < before))
