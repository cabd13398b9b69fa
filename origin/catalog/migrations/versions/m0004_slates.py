"""What fills the time while a broadcast waits for its publisher."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Go one step up."""
    with op.batch_alter_table("streams") as streams:
        streams.add_column(sa.Column("slate", sa.String()))
    op.create_table(
        "slates",
        sa.Column("stream_id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("picture", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("stream_id", name="pk_slates"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_slates_tenant_id"),
    )
