"""What a successor finds of what was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.live import succession
from origin.stores.disk import DiskStore
from tests.origin.live.left import PREFIX, Left

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def left() -> Left:
    return Left()


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
