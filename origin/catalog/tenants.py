"""Tenants: who owns all the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from origin.catalog import rows, schema
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BY_ID: Final = select(schema.tenants).where(schema.tenants.c.id == bindparam("wanted"))


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
    return rows.first(conn, _BY_ID, Tenant, wanted=tenant_id)


def create(conn: Connection, tenant: Tenant) -> None:
    """Add a tenant. Raises `conflict` if its id is taken."""
    rows.add(conn, schema.tenants, tenant)


def ensure_default(conn: Connection, now: float) -> Tenant:
    """Give the tenant that every database has; make it if this is the database's first start."""
    if (tenant := get(conn, DEFAULT_TENANT)) is None:
        tenant = Tenant(DEFAULT_TENANT, "Default", now)
        create(conn, tenant)
    return tenant
