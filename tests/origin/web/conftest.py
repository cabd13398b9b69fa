"""The house that these tests are made in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.config import Address, Settings
from tests.origin.web.depot import Depot, open_depot
from tests.origin.web.house import Clock, Director, House, furnish, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/catalog.db",
        store_url="memory:",
        rtmp_bind=Address("0.0.0.0", 1935),  # noqa: S104 - a setting, nothing is bound
        public_url="https://media.example.org",
        cors_origins=("https://studio.example.org",),
    )


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    clock, director = Clock(), Director()
    services = await furnish(settings, clock, director)
    yield open_house(services, clock, director)
    services.catalog.close()


@pytest.fixture
async def depot(house: House) -> AsyncIterator[Depot]:
    async with open_depot(house) as opened:
        yield opened
