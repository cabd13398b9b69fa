from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.origin.vod.house import House

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await asyncio.to_thread(house.catalog.close)
