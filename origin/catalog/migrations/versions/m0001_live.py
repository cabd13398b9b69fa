"""Tenants, keys, streams and what is on the air."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go one step up."""
    op.create_table("tenants", _text("id"), _text("name"), _time("created_at"), _primary("tenants", "id"))
    _create_keys()
    _create_streams()
    _create_broadcasts()
    _create_sessions()


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        *map(_text, ("id", "tenant_id", "secret_hash", "role", "name")),
        _time("created_at"),
        _primary("api_keys", "id"),
        _of_tenant("api_keys"),
        _unique("api_keys", "secret_hash"),
    )
    op.create_table(
        "signing_keys",
        *map(_text, ("kid", "tenant_id")),
        *map(_bytes, ("public", "sealed_private")),
        _time("created_at"),
        _time("retired_at", nullable=True),
        _primary("signing_keys", "kid"),
        _of_tenant("signing_keys"),
    )
    op.create_table(
        "revocations",
        *map(_text, ("jti", "tenant_id")),
        _time("until", nullable=True),
        _time("created_at"),
        _primary("revocations", "jti"),
        _of_tenant("revocations"),
    )
    op.create_index("ix_revocations_until", "revocations", ["until"])


def _create_streams() -> None:
    op.create_table(
        "streams",
        *map(_text, ("id", "tenant_id", "name", "key_hash", "playback_id", "latency", "playback")),
        *map(_time, ("dvr_window_s", "reconnect_window_s")),
        sa.Column("public_jti", sa.String()),
        sa.Column("revision", sa.Integer(), nullable=False),
        *map(_time, ("created_at", "updated_at")),
        *map(_count, ("next_msn", "next_discontinuity")),
        _primary("streams", "id"),
        _of_tenant("streams"),
        _unique("streams", "key_hash"),
        _unique("streams", "playback_id"),
    )
    op.create_index("ix_streams_page", "streams", ["tenant_id", "created_at", "id"])


def _create_broadcasts() -> None:
    op.create_table(
        "broadcasts",
        *map(_text, ("id", "tenant_id", "stream_id")),
        *map(_count, ("epoch", "first_msn")),
        _time("started_at"),
        _time("ended_at", nullable=True),
        _primary("broadcasts", "id"),
        _of_tenant("broadcasts"),
    )
    op.create_index("ix_broadcasts_stream_id", "broadcasts", ["stream_id", "epoch"])
    op.create_index("ix_broadcasts_ended_at", "broadcasts", ["ended_at"])
    op.create_table(
        "leases",
        *map(_text, ("resource", "tenant_id", "owner")),
        _count("epoch"),
        _time("expires_at"),
        _primary("leases", "resource"),
        _of_tenant("leases"),
    )


def _create_sessions() -> None:
    op.create_table(
        "idempotency",
        *map(_text, ("tenant_id", "key", "fingerprint")),
        sa.Column("status", sa.Integer(), nullable=False),
        _bytes("sealed_body"),
        _time("created_at"),
        _primary("idempotency", "tenant_id", "key"),
        _of_tenant("idempotency"),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])
    op.create_table(
        "links",
        *map(_text, ("code_hash", "tenant_id")),
        _time("expires_at"),
        _time("redeemed_at", nullable=True),
        _primary("links", "code_hash"),
        _of_tenant("links"),
    )
    op.create_index("ix_links_expires_at", "links", ["expires_at"])
    op.create_table(
        "sessions",
        *map(_text, ("session_hash", "tenant_id")),
        *map(_time, ("created_at", "expires_at")),
        _primary("sessions", "session_hash"),
        _of_tenant("sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _of_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=f"fk_{table}_tenant_id")


def _unique(table: str, column: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(column, name=f"uq_{table}_{column}")
