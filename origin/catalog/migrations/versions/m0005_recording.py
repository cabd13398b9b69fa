"""Recordings: which streams and broadcasts have one, what was written down of it, and the asset that it becomes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Go one step up."""
    with op.batch_alter_table("streams") as streams:
        streams.add_column(sa.Column("record", sa.Boolean(), nullable=False, server_default=sa.false()))
        streams.add_column(sa.Column("keep_s", sa.Double()))
    with op.batch_alter_table("broadcasts") as broadcasts:
        broadcasts.add_column(sa.Column("recorded", sa.Boolean(), nullable=False, server_default=sa.false()))
        broadcasts.add_column(sa.Column("released_at", sa.Double()))
    _create_assets()
    _create_recordings()


def _create_assets() -> None:
    op.create_table(
        "assets",
        *_columns(sa.String, "id", "tenant_id", "stream_id", "broadcast_id", "playback_id", "name", "state"),
        *_columns(sa.Boolean, "whole"),
        *_columns(sa.String, "playback"),
        sa.Column("public_jti", sa.String()),
        sa.Column("duration_s", sa.Double()),
        *_columns(sa.Double, "progress"),
        sa.Column("error", sa.String()),
        sa.Column("keep_s", sa.Double()),
        sa.Column("expires_at", sa.Double()),
        *_columns(sa.Integer, "revision"),
        *_columns(sa.Double, "created_at", "updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_assets"),
        _of_tenant("assets"),
        sa.UniqueConstraint("broadcast_id", name="uq_assets_broadcast_id"),
        sa.UniqueConstraint("playback_id", name="uq_assets_playback_id"),
    )
    op.create_index("ix_assets_page", "assets", ["tenant_id", "created_at", "id"])
    op.create_index("ix_assets_state", "assets", ["state", "created_at"])
    op.create_index("ix_assets_expires_at", "assets", ["expires_at"])


def _create_recordings() -> None:
    op.create_table(
        "recording_inits",
        *_columns(sa.String, "tenant_id", "broadcast_id", "name", "track"),
        *_columns(sa.BigInteger, "size"),
        *_columns(sa.String, "sha256"),
        sa.PrimaryKeyConstraint("broadcast_id", "name", name="pk_recording_inits"),
        _of_tenant("recording_inits"),
    )
    op.create_table(
        "recording_segments",
        *_columns(sa.String, "tenant_id", "broadcast_id", "rendition"),
        *_columns(sa.BigInteger, "msn"),
        *_columns(sa.String, "file", "init"),
        *_columns(sa.Double, "duration", "date"),
        *_columns(sa.Boolean, "discontinuity"),
        *_columns(sa.BigInteger, "time", "period", "period_time", "size"),
        *_columns(sa.String, "sha256"),
        sa.PrimaryKeyConstraint("broadcast_id", "rendition", "msn", name="pk_recording_segments"),
        _of_tenant("recording_segments"),
        sqlite_with_rowid=False,
    )


def _columns(kind: type[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind(), nullable=False) for name in names]


def _of_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=f"fk_{table}_tenant_id")
