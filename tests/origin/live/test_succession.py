"""What a successor finds of what was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from origin.live import succession
from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from tests.origin.live.left import PREFIX, Left

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(params=["low", "standard"])
def left(request: pytest.FixtureRequest) -> Left:
    return Left(low_latency=request.param == "low")


async def test_segments_written_ahead_are_found_after_a_crash(left: Left, tmp_path: Path) -> None:
    window = left.presentation.windows["v0"]
    key = f"{PREFIX}v0/1-{window.open_msn}.m4s"
    dead = DiskStore(tmp_path)
    draft = dead.draft(key)
    for part in window.open_parts:
        draft.append((left.parts[f"v0/{part.file}"],))
    draft.append((b"half a part",))
    await dead.close()
    store = DiskStore(tmp_path)
    savings = await succession.DraftSavings.find(store, store, PREFIX)
    bodies = await savings.parts("v0", window.open_parts)
    assert bodies == [left.parts[f"v0/{part.file}"] for part in window.open_parts]
    assert await savings.parts("v0", []) == []
    assert await savings.parts("a0", left.presentation.windows["a0"].open_parts) == []
    savings.discard()
    await store.close()
    again = DiskStore(tmp_path)
    assert await again.drafts(PREFIX) == []
    await again.close()


async def test_a_segment_that_was_stored_before_the_log_closed_it_is_saved(left: Left, tmp_path: Path) -> None:
    window = left.presentation.windows["v0"]
    store = DiskStore(tmp_path)
    bodies = [left.parts[f"v0/{part.file}"] for part in window.open_parts]
    await store.put(f"{PREFIX}v0/1-{window.open_msn}.m4s", [*bodies, b"a part that no log has"])
    savings = await succession.DraftSavings.find(store, store, PREFIX)
    assert await savings.parts("v0", window.open_parts) == bodies
    savings.discard()
    await store.close()


class Watched(MemoryStore):
    """A real store that notes what is read of it, and that can be out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[tuple[str, int, int | None]] = []
        self.fault: StoreError | None = None

    async def get(self, key: str) -> bytes:
        raise AssertionError(f"{key} was read whole")

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self.read.append((key, start, end))
        if self.fault:
            raise self.fault
        async for chunk in super().stream(key, start, end):
            yield chunk


async def test_of_a_stored_segment_no_more_is_read_than_the_log_has(left: Left, tmp_path: Path) -> None:
    window, store = left.presentation.windows["v0"], Watched()
    key, bodies = f"{PREFIX}v0/1-{window.open_msn}.m4s", [left.parts[f"v0/{part.file}"] for part in window.open_parts]
    await store.put(key, [*bodies, bytes(1_000_000)])
    place = DiskStore(tmp_path)
    savings = await succession.DraftSavings.find(place, store, PREFIX)
    assert await savings.parts("v0", window.open_parts) == bodies
    assert store.read == [(key, 0, sum(map(len, bodies)))]
    await place.close()


@pytest.mark.parametrize("fault", [None, StoreError("The bucket does not answer.")])
async def test_a_store_that_cannot_be_read_is_told_of_and_one_without_the_segment_is_not(
    left: Left, tmp_path: Path, fault: StoreError | None
) -> None:
    window, store, place = left.presentation.windows["v0"], Watched(), DiskStore(tmp_path)
    store.fault = fault
    savings = await succession.DraftSavings.find(place, store, PREFIX)
    with capture_logs() as said:
        assert await savings.parts("v0", window.open_parts) == []
    expected = [("segment_unread", f"{PREFIX}v0/1-{window.open_msn}.m4s")] if fault else []
    assert [(line["event"], line["key"]) for line in said] == expected
    await place.close()
