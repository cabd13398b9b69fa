"""The audit log: what happened to a tenant's things, in a chain of hashes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("actor", "action", "subject", "detail", "hash")),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_audit_tenant_id"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_audit_tenant_id"),
    )
    op.create_index("ix_audit_page", "audit", ["tenant_id", "created_at", "id"])
