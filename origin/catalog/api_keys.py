"""API keys (`hw_…`): whoever shows one may use `/v1`. Only their hashes are here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

PLATFORM_ADMIN: Final = "platform_admin"
"""The role that may do everything, for every tenant."""

_ID_DIGITS: Final = 16
_BY_HASH: Final = select(schema.api_keys).where(schema.api_keys.c.secret_hash == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`id` names the key in lists and logs: the first digits of its hash, which tell nothing about the secret."""

    id: str
    tenant_id: str
    secret_hash: str
    role: str
    name: str
    created_at: float


def create(  # noqa: PLR0913 - one argument a column
    conn: Connection, *, tenant_id: str, secret_hash: str, role: str, name: str, now: float
) -> ApiKey:
    """Add a key by its hash (`ids.secret_hash`)."""
    key = ApiKey(secret_hash[:_ID_DIGITS], tenant_id, secret_hash, role, name, now)
    rows.add(conn, schema.api_keys, key)
    return key


def find(conn: Connection, secret_hash: str) -> ApiKey | None:
    """Look a key up by its hash."""
    return rows.first(conn, _BY_HASH, ApiKey, wanted=secret_hash)
