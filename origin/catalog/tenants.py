"""Tenants: who owns all the rest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from origin.catalog import rows, schema
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer, department or site. Its own id is its tenant id."""

    id: str
    name: str
    created_at: float

    @property
    def tenant_id(self) -> str:
        """As every row has one."""
        return self.id


def get(conn: Connection, tenant_id: str) -> Tenant | None:
    """Look a tenant up."""
    return rows.first(conn, select(schema.tenants).where(schema.tenants.c.id == tenant_id), Tenant)


def create(conn: Connection, tenant: Tenant) -> None:
    """Add a tenant. Raises `conflict` if its id is taken."""
    conn.execute(insert(schema.tenants).values(**asdict(tenant)))


def ensure_default(conn: Connection, now: float) -> Tenant:
    """Give the tenant that every database has; make it if this is the database's first start."""
    if (tenant := get(conn, DEFAULT_TENANT)) is None:
        tenant = Tenant(DEFAULT_TENANT, "Default", now)
        create(conn, tenant)
    return tenant
