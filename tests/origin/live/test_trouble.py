from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from origin.live import trouble as trouble_module
from origin.live.trouble import MOST_REASONS, Trouble

if TYPE_CHECKING:
    import pytest


async def test_it_is_over_when_nothing_has_failed_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble_module, "CALM_S", 0.01)
    told: asyncio.Queue[str] = asyncio.Queue()
    trouble = Trouble(told.put_nowait)
    trouble.worked()
    trouble.failed("full")
    trouble.worked()
    trouble.worked()
    async with asyncio.timeout(10):
        assert [await told.get(), await told.get()] == ["full", ""]
    trouble.failed("full")
    assert told.get_nowait() == "full"


async def test_a_failure_begins_the_while_anew() -> None:
    told: list[str] = []
    trouble = Trouble(told.append)
    for _ in range(3):
        trouble.failed("full")
        trouble.worked()
    trouble.failed("full")
    trouble.close()
    assert told == ["full"], "the last thing failed"


async def test_each_reason_is_told_once_and_not_too_many() -> None:
    told: list[str] = []
    trouble = Trouble(told.append)
    for _ in range(2):
        for number in range(MOST_REASONS + 5):
            trouble.failed(f"reason {number}")
            trouble.worked()
    trouble.close()
    trouble.close()
    assert told == [*(f"reason {number}" for number in range(MOST_REASONS)), ""]
