from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from origin.catalog import tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.tenants import Tenant

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_the_default_tenant_is_made_once(conn: Connection) -> None:
    assert tenants.ensure_default(conn, 5.0) == tenants.Tenant(DEFAULT_TENANT, "Default", 1.0)
    assert tenants.ensure_default(conn, 6.0).tenant_id == DEFAULT_TENANT


def test_a_tenant_is_found_by_its_id_which_nobody_else_can_have(conn: Connection) -> None:
    tenant = Tenant("tn_b", "B", 2.0)
    tenants.create(conn, tenant)
    assert tenants.get(conn, "tn_b") == tenant
    assert tenants.get(conn, "tn_c") is None
    with pytest.raises(IntegrityError):
        tenants.create(conn, Tenant("tn_b", "another", 3.0))
