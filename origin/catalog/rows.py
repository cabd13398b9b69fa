"""From rows to frozen dataclasses whose fields are named like the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Executable

T = TypeVar("T")


def first(conn: Connection, statement: Executable, shape: Callable[..., T]) -> T | None:
    """Give the first row, or None."""
    row = conn.execute(statement).mappings().first()
    return None if row is None else shape(**row)


def every(conn: Connection, statement: Executable, shape: Callable[..., T]) -> list[T]:
    """Give all rows; the statement bounds how many there can be, or its docstring says why that is few."""
    return [shape(**row) for row in conn.execute(statement).mappings()]


def touched(conn: Connection, statement: Executable) -> int:
    """Run an INSERT, UPDATE or DELETE; how many rows it met."""
    result: Any = conn.execute(statement)
    return int(result.rowcount)
