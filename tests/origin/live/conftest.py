"""The house that tests of one node share, and the site that those of several do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.catalog import streams, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT, secret_hash
from origin.catalog.streams import NewStream
from tests.origin.live.house import Failing, House
from tests.origin.live.site import KEY, Site
from tests.origin.live.stage import OnStage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    catalog = Failing.open(f"sqlite:///{tmp_path}/catalog.db")
    made = House(catalog, tmp_path / "logs")
    await made.add_stream(reconnect_window_s=3_600)
    yield made
    await made.director.drain()
    await asyncio.to_thread(catalog.close)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    catalog = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    made = Site(catalog, tmp_path / "logs")
    await catalog.write(lambda conn: tenants.ensure_default(conn, made.now))
    new = NewStream("st_a", DEFAULT_TENANT, "test", secret_hash(KEY), "pb_one", reconnect_window_s=3_600)
    made.stream = await catalog.write(lambda conn: streams.create(conn, new, made.now))
    yield made
    await asyncio.to_thread(catalog.close)


@pytest.fixture
async def stage() -> OnStage:
    return OnStage()
