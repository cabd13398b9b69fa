"""What a broadcast's writer says about it, for other nodes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Go one step up."""
    with op.batch_alter_table("broadcasts") as broadcasts:
        broadcasts.add_column(sa.Column("bulletin", sa.String()))
