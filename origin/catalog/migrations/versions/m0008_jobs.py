"""Jobs, assets that are made from objects, and what is left in the store of those that are gone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Go one step up."""
    with op.batch_alter_table("assets") as assets:
        assets.alter_column("stream_id", existing_type=sa.String(), nullable=True)
        assets.alter_column("broadcast_id", existing_type=sa.String(), nullable=True)
        for name in "object_id", "version_id", "left_out", "poster_sha256":
            assets.add_column(sa.Column(name, sa.String()))
        assets.add_column(sa.Column("poster_size", sa.Integer()))
    op.create_table(
        "remains",
        *_columns(sa.String, "id", "tenant_id"),
        *_columns(sa.Double, "released_at"),
        sa.PrimaryKeyConstraint("id", name="pk_remains"),
        _of_tenant("remains"),
    )
    op.create_index("ix_remains_released_at", "remains", ["released_at"])
    _create_jobs()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        *_columns(sa.String, "id", "tenant_id", "kind", "subject", "order", "state"),
        *_columns(sa.BigInteger, "attempt"),
        *_columns(sa.Integer, "failures"),
        sa.Column("worker", sa.String()),
        sa.Column("expires_at", sa.Double()),
        *_columns(sa.Double, "not_before", "progress"),
        sa.Column("error", sa.String()),
        *_columns(sa.Double, "created_at", "updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        _of_tenant("jobs"),
    )
    op.create_index("ix_jobs_subject", "jobs", ["subject"])
    op.create_index("ix_jobs_page", "jobs", ["tenant_id", "created_at", "id"])
    op.create_index("ix_jobs_state", "jobs", ["state", "tenant_id", "created_at"])


def _columns(kind: type[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind(), nullable=False) for name in names]


def _of_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=f"fk_{table}_tenant_id")
