from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from origin.catalog.packages import Order
from origin.errors import Problem
from origin.stores.memory import MemoryStore
from origin.vod.packaging import source
from origin.vod.packaging.scratch import Scratch
from origin.vod.performers import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from origin.stores.protocol import ObjectStore

BODY = bytes(range(256)) * 3_000
ORDER = Order("ob_a", "ve_a", "tn_a/objects/ve_a", len(BODY))


async def test_an_object_is_an_open_file_that_stays_when_the_object_goes(store: ObjectStore, tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")
    await store.put(ORDER.key, (BODY,))
    with scratch.folder() as folder:
        async with source.opened(store, ORDER, scratch, folder) as file:
            await store.delete([ORDER.key])
            assert list(folder.iterdir()) == []
            assert os.pread(file.fileno(), len(BODY) + 1, 0) == BODY
        assert file.closed
    scratch.close()


async def test_one_that_was_deleted_cannot_be_packaged(store: ObjectStore, tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")
    with scratch.folder() as folder, pytest.raises(RefusedError, match="upload it again"):
        async with source.opened(store, ORDER, scratch, folder):
            raise AssertionError
    scratch.close()


async def test_a_copy_waits_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "SPARE_BYTES", 1 << 60)
    scratch, store = Scratch(tmp_path / "scratch"), MemoryStore()
    await store.put(ORDER.key, (BODY,))
    with scratch.folder() as folder, pytest.raises(Problem, match="room"):
        async with source.opened(store, ORDER, scratch, folder):
            raise AssertionError
    scratch.close()
