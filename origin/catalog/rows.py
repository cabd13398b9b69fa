"""From rows to frozen dataclasses whose fields are named like the columns, and back.

What runs often is put together once, with `bindparam` in the places of its values: SQLAlchemy takes longer to build a
statement than SQLite to run it.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import insert

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import DataclassInstance
    from sqlalchemy import Connection, Executable, Insert, Table

T = TypeVar("T")


def add(conn: Connection, table: Table, row: DataclassInstance) -> None:
    """Insert a row. What is there already is an IntegrityError, which callers of the catalog see as `conflict`."""
    conn.execute(_insertion(table), asdict(row))


def first(conn: Connection, statement: Executable, shape: Callable[..., T], **values: object) -> T | None:
    """Give the first row, or None."""
    row = conn.execute(statement, values).mappings().first()
    return None if row is None else shape(**row)


def every(conn: Connection, statement: Executable, shape: Callable[..., T]) -> list[T]:
    """Give all rows; the statement bounds how many there can be, or its docstring says why that is few."""
    return [shape(**row) for row in conn.execute(statement).mappings()]


def touched(conn: Connection, statement: Executable, **values: object) -> int:
    """Run an INSERT, UPDATE or DELETE; how many rows it met."""
    result: Any = conn.execute(statement, values)
    return int(result.rowcount)


@cache
def _insertion(table: Table) -> Insert:
    return insert(table)
