"""The house that tests of the director share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.origin.live.house import Failing, House

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
