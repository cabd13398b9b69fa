"""Every table. `migrations/` builds the same ones step by step; a test compares the two.

Every row carries its tenant. Types are those that SQLite and PostgreSQL share; times are unix seconds in a `Double`.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    true,
)

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
"""Constraints have names, so that later migrations can drop them on SQLite and PostgreSQL alike."""


def _tenant() -> Column[Any]:
    return Column("tenant_id", String, ForeignKey("tenants.id"), nullable=False)


tenants: Final = Table(
    "tenants",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("created_at", Double, nullable=False),
)

api_keys: Final = Table(
    "api_keys",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    Column("secret_hash", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("name", String, nullable=False),
    Column("created_at", Double, nullable=False),
)

signing_keys: Final = Table(
    "signing_keys",
    METADATA,
    Column("kid", String, primary_key=True),
    _tenant(),
    Column("public", LargeBinary, nullable=False),
    Column("sealed_private", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("retired_at", Double),
)

streams: Final = Table(
    "streams",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    Column("name", String, nullable=False),
    Column("key_hash", String, nullable=False, unique=True),
    Column("playback_id", String, nullable=False, unique=True),
    Column("latency", String, nullable=False),
    Column("playback", String, nullable=False),
    Column("dvr_window_s", Double, nullable=False),
    Column("reconnect_window_s", Double, nullable=False),
    Column("public_jti", String),
    Column("revision", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("next_msn", BigInteger, nullable=False),
    Column("next_discontinuity", BigInteger, nullable=False),
    Column("slate", String),
    Column("record", Boolean, nullable=False, server_default=false()),
    Column("keep_s", Double),
    Index("ix_streams_page", "tenant_id", "created_at", "id"),
)

broadcasts: Final = Table(
    "broadcasts",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    # No foreign key: a broadcast outlives its stream until its objects are collected.
    Column("stream_id", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("first_msn", BigInteger, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("relayed", Boolean, nullable=False, server_default=true()),
    Column("bulletin", String),
    Column("recorded", Boolean, nullable=False, server_default=false()),
    Column("released_at", Double),
    Index("ix_broadcasts_stream_id", "stream_id", "epoch"),
    Index("ix_broadcasts_ended_at", "ended_at"),
)

slates: Final = Table(
    "slates",
    METADATA,
    Column("stream_id", String, primary_key=True),
    _tenant(),
    Column("picture", LargeBinary),
)

assets: Final = Table(
    "assets",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    # No foreign keys: an asset outlives its stream and the object it was made from; its broadcast keeps the objects.
    Column("stream_id", String),
    Column("broadcast_id", String, unique=True),
    Column("object_id", String),
    Column("version_id", String),
    Column("left_out", String),
    Column("poster_size", Integer),
    Column("poster_sha256", String),
    Column("playback_id", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("state", String, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("playback", String, nullable=False),
    Column("public_jti", String),
    Column("duration_s", Double),
    Column("progress", Double, nullable=False),
    Column("error", String),
    Column("keep_s", Double),
    Column("expires_at", Double),
    Column("revision", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index("ix_assets_page", "tenant_id", "created_at", "id"),
    Index("ix_assets_state", "state", "created_at"),
    Index("ix_assets_expires_at", "expires_at"),
)

remains: Final = Table(
    "remains",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    Column("released_at", Double, nullable=False, index=True),
)

jobs: Final = Table(
    "jobs",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    Column("kind", String, nullable=False),
    # No foreign key: what a job was about may be gone before the job is.
    Column("subject", String, nullable=False, index=True),
    Column("order", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempt", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("worker", String),
    Column("expires_at", Double),
    Column("not_before", Double, nullable=False),
    Column("progress", Double, nullable=False),
    Column("error", String),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index("ix_jobs_page", "tenant_id", "created_at", "id"),
    Index("ix_jobs_state", "state", "tenant_id", "created_at"),
)

recording_inits: Final = Table(
    "recording_inits",
    METADATA,
    _tenant(),
    Column("broadcast_id", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("track", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
)

recording_segments: Final = Table(
    "recording_segments",
    METADATA,
    _tenant(),
    Column("broadcast_id", String, primary_key=True),
    Column("rendition", String, primary_key=True),
    Column("msn", BigInteger, primary_key=True, autoincrement=False),
    Column("file", String, nullable=False),
    Column("init", String, nullable=False),
    Column("duration", Double, nullable=False),
    Column("date", Double, nullable=False),
    Column("discontinuity", Boolean, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("period", BigInteger, nullable=False),
    Column("period_time", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    sqlite_with_rowid=False,  # the key is half of the row: once is enough
)

leases: Final = Table(
    "leases",
    METADATA,
    Column("resource", String, primary_key=True),
    _tenant(),
    Column("owner", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", Double, nullable=False),
)

revocations: Final = Table(
    "revocations",
    METADATA,
    Column("jti", String, primary_key=True),
    _tenant(),
    Column("until", Double, index=True),
    Column("created_at", Double, nullable=False),
)

idempotency: Final = Table(
    "idempotency",
    METADATA,
    Column("tenant_id", String, ForeignKey("tenants.id"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("sealed_body", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False, index=True),
)

audit: Final = Table(
    "audit",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    Column("number", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    # No foreign key: what happened is told of things that are gone, too.
    Column("subject", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("hash", String, nullable=False),
    UniqueConstraint("tenant_id", "number"),
    Index("ix_audit_page", "tenant_id", "created_at", "id"),
)

objects: Final = Table(
    "objects",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    Column("name", String, nullable=False),
    # No foreign key: the version is made in the same transaction, whichever of the two comes first.
    Column("version_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("tenant_id", "name"),
    Index("ix_objects_page", "tenant_id", "created_at", "id"),
)

versions: Final = Table(
    "versions",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    # No foreign key: a version outlives its object until its bytes are collected.
    Column("object_id", String, nullable=False, index=True),
    Column("key", String, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("released_at", Double, index=True),
)

uploads: Final = Table(
    "uploads",
    METADATA,
    Column("id", String, primary_key=True),
    _tenant(),
    Column("name", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("metadata", String, nullable=False),
    Column("state", String, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("durable_offset", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("place", String, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("object_id", String),
    Column("version_id", String),
    Column("sha256", String),
    Column("error", String),
    Column("finished_at", Double, index=True),
    Index("ix_uploads_state", "place", "state", "expires_at"),
    Index("ix_uploads_tenant_id", "tenant_id", "state"),
)

links: Final = Table(
    "links",
    METADATA,
    Column("code_hash", String, primary_key=True),
    _tenant(),
    Column("expires_at", Double, nullable=False, index=True),
    Column("redeemed_at", Double),
)

sessions: Final = Table(
    "sessions",
    METADATA,
    Column("session_hash", String, primary_key=True),
    _tenant(),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
)
