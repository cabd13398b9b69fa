from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable

from origin.catalog import schema
from origin.catalog.schema import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection

TABLES = pytest.mark.parametrize("table", METADATA.sorted_tables, ids=str)


@TABLES
def test_tables_can_be_said_in_postgresql(table: Table) -> None:
    said = CreateTable(table).compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    assert f"CREATE TABLE {table.name}" in str(said)


@TABLES
def test_every_row_carries_its_tenant(table: Table) -> None:
    if table is not schema.tenants:
        (key,) = table.c.tenant_id.foreign_keys
        assert key.column is schema.tenants.c.id
        assert not table.c.tenant_id.nullable


@TABLES
def test_what_a_later_migration_may_drop_has_a_name(table: Table) -> None:
    assert None not in {part.name for part in table.constraints}
    assert None not in {part.name for part in table.indexes}


def test_no_row_without_a_tenant_that_exists(conn: Connection) -> None:
    with pytest.raises(IntegrityError):
        conn.execute(insert(schema.links).values(code_hash="c", tenant_id="tn_none", expires_at=1.0))
