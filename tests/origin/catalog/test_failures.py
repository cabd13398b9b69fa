"""Errors are provoked, not made up: what the libraries raise is theirs to choose."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from origin.catalog.errors import CatalogError
from origin.catalog.failures import translate
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def database() -> str:
    return "sqlite"


def raised(provoke: Callable[[], object], kind: type[Exception]) -> Exception:
    with pytest.raises(kind) as caught:
        provoke()
    return caught.value


def test_what_is_there_already_or_refers_to_nothing_is_a_conflict(conn: Connection) -> None:
    for tenant, key in (("tn_none", "a"), ("tn_default", None)):
        lease = {"tenant": tenant, "key": key}
        said = text("INSERT INTO links (code_hash, tenant_id, expires_at) VALUES (:key, :tenant, 0)")
        error = raised(lambda said=said, lease=lease: conn.execute(said, lease), SQLAlchemyError)  # type: ignore[misc]  # bound at once
        problem = translate(error)
        assert isinstance(problem, Problem)
        assert (problem.code, problem.__cause__) == ("conflict", error)


def test_what_the_database_says_is_passed_on(conn: Connection) -> None:
    problem = translate(raised(lambda: conn.execute(text("SELECT * FROM nonsense")), SQLAlchemyError))
    assert isinstance(problem, CatalogError)
    assert (problem.code, problem.detail) == ("catalog_failed", "The database says: no such table: nonsense.")


def test_what_the_driver_says_is_passed_on() -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        problem = translate(raised(lambda: raw.execute("RELEASE nonsense"), sqlite3.Error))
    assert isinstance(problem, CatalogError)
    assert problem.detail == "The database says: no such savepoint: nonsense."


def test_what_sqlalchemy_says_by_itself_is_passed_on() -> None:
    conn = create_engine("sqlite://").connect()
    conn.close()
    problem = translate(raised(lambda: conn.execute(text("SELECT 1")), SQLAlchemyError))
    assert isinstance(problem, CatalogError)
    assert problem.detail.startswith("The database cannot be used: This Connection is closed")


@pytest.mark.parametrize("error", [ZeroDivisionError(), Problem("not_found", "No."), SystemExit()], ids=repr)
def test_what_is_no_failure_of_the_database_stays_as_it_is(error: BaseException) -> None:
    assert translate(error) is error
