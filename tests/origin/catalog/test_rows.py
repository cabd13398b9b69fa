from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError

from origin.catalog import rows, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAMED = select(schema.tenants).where(schema.tenants.c.name == bindparam("wanted")).order_by(schema.tenants.c.id)


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    created_at: float


@pytest.fixture
def three(conn: Connection) -> list[Row]:
    """Two rows of one name, then one of another."""
    made = [Row("tn_1", "twin", 1.0), Row("tn_2", "twin", 2.0), Row("tn_3", "other", 3.0)]
    for row in made:
        rows.add(conn, schema.tenants, row)
    return made


def test_rows_come_back_as_they_were_added(conn: Connection, three: list[Row]) -> None:
    assert rows.first(conn, NAMED, Row, wanted="twin") == three[0]
    assert rows.first(conn, NAMED, Row, wanted="other") == three[2]
    assert rows.first(conn, NAMED, Row, wanted="nobody") is None


def test_all_rows_come_in_their_order(conn: Connection, three: list[Row]) -> None:
    twins = select(schema.tenants).where(schema.tenants.c.name == "twin").order_by(schema.tenants.c.id.desc())
    assert rows.every(conn, twins, Row) == [three[1], three[0]]
    assert rows.every(conn, twins.where(schema.tenants.c.id == "tn_3"), Row) == []


def test_those_that_a_change_met_are_counted(conn: Connection, three: list[Row]) -> None:
    renamed = update(schema.tenants).where(schema.tenants.c.name == bindparam("wanted")).values(name=bindparam("given"))
    assert rows.touched(conn, renamed, wanted="twin", given="other") == 2
    assert rows.touched(conn, renamed, wanted="twin", given="other") == 0
    assert rows.touched(conn, delete(schema.tenants).where(schema.tenants.c.name == "other")) == len(three)


def test_what_is_there_already_is_not_added_again(conn: Connection, three: list[Row]) -> None:
    with pytest.raises(IntegrityError):
        rows.add(conn, schema.tenants, three[0])
