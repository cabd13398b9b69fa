"""Files: uploads under way, objects by name, and the versions that hold their bytes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "objects",
        *_columns(sa.String, "id", "tenant_id", "name", "version_id"),
        *_columns(sa.Integer, "revision"),
        *_columns(sa.Double, "created_at", "updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_objects"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_objects_tenant_id"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_objects_tenant_id"),
    )
    op.create_index("ix_objects_page", "objects", ["tenant_id", "created_at", "id"])
    op.create_table(
        "versions",
        *_columns(sa.String, "id", "tenant_id", "object_id", "key"),
        *_columns(sa.BigInteger, "size"),
        *_columns(sa.String, "sha256", "content_type"),
        *_columns(sa.Double, "created_at"),
        sa.Column("released_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_versions_tenant_id"),
        sa.UniqueConstraint("key", name="uq_versions_key"),
    )
    op.create_index("ix_versions_object_id", "versions", ["object_id"])
    op.create_index("ix_versions_released_at", "versions", ["released_at"])
    _create_uploads()


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        *_columns(sa.String, "id", "tenant_id", "name", "content_type", "metadata", "state"),
        *_columns(sa.BigInteger, "length", "durable_offset", "fence"),
        *_columns(sa.String, "place"),
        *_columns(sa.Double, "expires_at", "created_at"),
        *(sa.Column(name, sa.String()) for name in ("object_id", "version_id", "sha256", "error")),
        sa.Column("finished_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_uploads_tenant_id"),
    )
    op.create_index("ix_uploads_state", "uploads", ["place", "state", "expires_at"])
    op.create_index("ix_uploads_finished_at", "uploads", ["finished_at"])
    op.create_index("ix_uploads_tenant_id", "uploads", ["tenant_id", "state"])


def _columns(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind(), nullable=False) for name in names]
