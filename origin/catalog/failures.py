"""Foreign exceptions become ours here, once.

What the database is to be asked again for is told apart from the rest by SQLSTATE, of which psycopg's exceptions have
one where the server has spoken ("PostgreSQL Error Codes", appendix A of its manual). SQLite's exceptions have none.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from origin.catalog.errors import CatalogError
from origin.errors import Problem

_GONE: Final = ("08", "57P01", "57P02", "57P03", "57P05", "25006", "25P03")
"""The server shuts down or starts, has closed the session, or has become a standby, which takes no writes."""
_AGAIN: Final = ("40001", "40P01")
"""Serialization failure, deadlock: the transaction was given up for the sake of another."""
_BUSY: Final = "55P03"
"""lock_not_available: another transaction has held a row for longer than `lock_timeout`."""


def connection_lost(error: BaseException | None) -> bool:
    """Tell whether it is the connection that failed, or could not be made. Never true of SQLite."""
    said: Any = error.orig if isinstance(error, DBAPIError) else None
    if not isinstance(error, DBAPIError) or not hasattr(said, "sqlstate"):
        return False
    state = said.sqlstate
    if state is None:
        return error.connection_invalidated or isinstance(error, OperationalError)
    return error.connection_invalidated or state.startswith(_GONE)


def worth_repeating(error: BaseException | None) -> bool:
    """Tell whether the database has chosen this transaction to be begun anew."""
    return _state(error) in _AGAIN


def lock_missed(error: BaseException | None) -> bool:
    """Tell whether another transaction has held a lock for too long."""
    return _state(error) == _BUSY


def _state(error: BaseException | None) -> str | None:
    return getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None


def translate(error: BaseException) -> BaseException:
    """Give the exception that callers of the catalog are to see. What a job raised by itself stays as it is."""
    if isinstance(error, IntegrityError):
        problem: Problem = Problem("conflict", "Something with this name exists already, or what it refers to is gone.")
    elif connection_lost(error):
        problem = CatalogError("The database cannot be reached; nothing was changed. Try again in a moment.")
    elif worth_repeating(error) or lock_missed(error):
        problem = Problem("catalog_busy", "Another node is changing the same; try again.", (("Retry-After", "1"),))
    elif isinstance(error, DBAPIError | sqlite3.Error):
        problem = CatalogError(f"The database says: {sentence(error)}.")
    elif isinstance(error, SQLAlchemyError):
        problem = CatalogError(f"The database cannot be used: {error}.")
    else:
        return error
    problem.__cause__ = error
    return problem


def sentence(error: DBAPIError | sqlite3.Error) -> str:
    """What the database says, without the values that PostgreSQL quotes on further lines, and with no full stop."""
    said: Any = error.orig if isinstance(error, DBAPIError) else error
    primary = getattr(getattr(said, "diag", None), "message_primary", None)
    return (primary or str(said).partition("\n")[0]).strip().rstrip(".")
