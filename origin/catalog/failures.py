"""Foreign exceptions become ours here, once."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from origin.errors import Problem


class CatalogError(Problem):
    """The catalog cannot be opened, read or written; the detail says what an operator can do."""

    def __init__(self, detail: str) -> None:
        super().__init__("catalog_failed", detail)


def translate(error: BaseException) -> BaseException:
    """Give the exception that callers of the catalog are to see. What a job raised by itself stays as it is."""
    if isinstance(error, IntegrityError):
        problem: Problem = Problem("conflict", "Something with this name exists already, or what it refers to is gone.")
    elif isinstance(error, DBAPIError | sqlite3.Error):
        problem = CatalogError(f"The database says: {error.orig if isinstance(error, DBAPIError) else error}.")
    elif isinstance(error, SQLAlchemyError):
        problem = CatalogError(f"The database cannot be used: {error}.")
    else:
        return error
    problem.__cause__ = error
    return problem
