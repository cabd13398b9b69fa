"""What is left in the store of assets that were made from objects, and were deleted or have failed.

A recording's objects are its broadcast's, which stays until they are gone. These assets have no broadcast: so in the
transaction that ends one, a row is written here, and it stays until everything under the asset's prefix is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROW = schema.remains.c


@dataclass(frozen=True, slots=True)
class Remains:
    """An asset's id, and since when nothing lists its objects."""

    id: str
    tenant_id: str
    released_at: float

    @property
    def prefix(self) -> str:
        """What the keys of its objects begin with."""
        return f"{self.tenant_id}/{self.id}/"


def note(conn: Connection, tenant_id: str, asset_id: str, now: float) -> None:
    """Note that nobody can play it any more, from now on."""
    forget(conn, asset_id)
    rows.add(conn, schema.remains, Remains(asset_id, tenant_id, now))


def released_before(conn: Connection, moment: float, limit: int) -> list[Remains]:
    """Give those that nothing has listed since `moment`, the longest first."""
    over = select(schema.remains).where(_ROW.released_at < moment)
    return rows.every(conn, over.order_by(_ROW.released_at, _ROW.id).limit(limit), Remains)


def forget(conn: Connection, asset_id: str) -> None:
    """Remove the row: everything is gone."""
    conn.execute(delete(schema.remains).where(_ROW.id == asset_id))
