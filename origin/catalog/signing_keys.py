"""Ed25519 keys that sign delivery tokens and manifests. Several are valid at once, so that they can be rotated.

A token lives for days, a manifest as long as what it belongs to. So a retired key opens no door any more, but its
public half stays here for ever, to check what it has signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from origin.catalog import rows, schema
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class SigningKeyRow:
    """`public` is 32 raw bytes; `sealed_private` the 32-byte seed, sealed under `kid` (see `sealing`).

    From `retired_at` on, the key neither signs nor verifies tokens; a time in the future lets its last tokens run out.
    Rows are never deleted: manifests are verified with all keys (`public_halves`).
    """

    kid: str
    public: bytes
    sealed_private: bytes = field(repr=False)
    created_at: float
    retired_at: float | None = None
    tenant_id: str = DEFAULT_TENANT


def add(conn: Connection, key: SigningKeyRow) -> None:
    """Add a key. Raises `conflict` if there is one with its kid."""
    rows.add(conn, schema.signing_keys, key)


def active(conn: Connection, now: float) -> list[SigningKeyRow]:
    """Give the keys in force, newest first: a handful. The first one with no `retired_at` is the one to sign with."""
    key = schema.signing_keys.c
    in_force = or_(key.retired_at.is_(None), key.retired_at > now)
    query = select(schema.signing_keys).where(in_force).order_by(key.created_at.desc(), key.kid)
    return rows.every(conn, query, SigningKeyRow)


def every(conn: Connection) -> list[SigningKeyRow]:
    """Give all keys, retired ones too, newest first: one for each rotation."""
    key = schema.signing_keys.c
    return rows.every(conn, select(schema.signing_keys).order_by(key.created_at.desc(), key.kid), SigningKeyRow)


def replace_sealed(conn: Connection, kid: str, sealed_private: bytes) -> None:
    """Keep the private half of a key sealed in another way."""
    sealed = update(schema.signing_keys).where(schema.signing_keys.c.kid == kid)
    conn.execute(sealed.values(sealed_private=sealed_private))


def public_halves(conn: Connection) -> dict[str, bytes]:
    """The 32 bytes of every key there ever was, by `kid`, newest first: one for each rotation."""
    key = schema.signing_keys.c
    found = conn.execute(select(key.kid, key.public).order_by(key.created_at.desc(), key.kid))
    return {kid: public for kid, public in found}  # noqa: C416 - rows are not pairs to the type checker


def retire(conn: Connection, at: float) -> int:
    """From `at` on, let no present key sign, or verify tokens; how many. Add the next one in the same write."""
    key = schema.signing_keys.c
    standing = or_(key.retired_at.is_(None), key.retired_at > at)
    return rows.touched(conn, update(schema.signing_keys).where(standing).values(retired_at=at))
