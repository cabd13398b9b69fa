from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, event

from origin.catalog import clock, tenants
from origin.catalog.database import Catalog
from origin.catalog.postgres import writer_engine
from origin.catalog.schema import METADATA
from tests.support import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which one the catalog is on; a module or a test about one of them says so by overriding this."""
    return str(request.param)


@pytest.fixture
def url(database: str, tmp_path: Path) -> str:
    return postgres.migrated() if database == "postgresql" else f"sqlite:///{tmp_path}/catalog.db"


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    catalog = Catalog.open(url)
    yield catalog
    catalog.close()


@pytest.fixture
def conn(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A database with its default tenant, inside a transaction that is rolled back: for the repositories.

    Moments are those that a test names: the clocks of node and database agree. `test_clock` is about those that do not.
    """
    monkeypatch.setattr(clock, "is_shared", lambda _: False)
    engine = writer_engine(_shared()) if database == "postgresql" else create_engine("sqlite://")
    if database == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    with engine.connect() as connection:
        if database == "sqlite":
            METADATA.create_all(connection)
        tenants.ensure_default(connection, 1.0)
        yield connection
    engine.dispose()


@functools.cache
def _shared() -> str:
    """One database for all tests that leave nothing in it."""
    return postgres.migrated()
