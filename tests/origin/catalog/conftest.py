from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, event

from origin.catalog import postgres, tenants
from origin.catalog.database import Catalog
from origin.catalog.schema import METADATA
from tests.origin.catalog.made import CLOCK
from tests.support.postgres import migrated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

KINDS = ("sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which database; a test that asks for nothing of one kind runs on both."""
    return str(request.param)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/catalog.db"


@pytest.fixture
def url(kind: str, sqlite_url: str) -> str:
    return sqlite_url if kind == "sqlite" else migrated()


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    catalog = Catalog.open(url)
    yield catalog
    catalog.close()


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Engine]:
    """For tests of repositories on PostgreSQL, each of which takes back what it did."""
    engine = postgres.writer_engine(migrated())
    yield engine
    engine.dispose()


@pytest.fixture
def conn(kind: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A fresh database with its default tenant, inside a transaction: for the repositories."""
    if kind == "sqlite":
        engine = create_engine("sqlite://")
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    else:
        engine = request.getfixturevalue("shared_engine")
    with engine.connect() as connection:
        if kind == "sqlite":
            METADATA.create_all(connection)
        else:
            for statement in CLOCK:
                connection.exec_driver_sql(statement)
        tenants.ensure_default(connection, 1.0)
        yield connection
    if kind == "sqlite":
        engine.dispose()
