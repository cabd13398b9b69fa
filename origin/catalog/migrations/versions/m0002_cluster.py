"""Whether a broadcast's journal knows all that viewers were shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go one step up."""
    with op.batch_alter_table("broadcasts") as broadcasts:
        broadcasts.add_column(sa.Column("relayed", sa.Boolean(), nullable=False, server_default=sa.true()))
