from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, event

from origin.catalog import tenants
from origin.catalog.database import Catalog
from origin.catalog.schema import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/catalog.db"


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    catalog = Catalog.open(url)
    yield catalog
    catalog.close()


@pytest.fixture
def conn() -> Iterator[Connection]:
    """A fresh database in memory with its default tenant, inside a transaction: for the repositories."""
    engine = create_engine("sqlite://")
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    with engine.connect() as connection:
        METADATA.create_all(connection)
        tenants.ensure_default(connection, 1.0)
        yield connection
    engine.dispose()
