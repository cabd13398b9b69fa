from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from origin.vod.packaging.storing import store_file
from origin.vod.performers import BrokenOffError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from origin.stores.protocol import ObjectStore

KEY = "tn_a/as_a/v0/1-0.m4s"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "v0"
    folder.mkdir(parents=True)
    (tmp_path / "aside").mkdir()
    file = folder / "1-0.m4s"
    file.write_bytes(b"media")
    return file


def folder_of(file: Path) -> Iterator[Path]:
    return file.parent.iterdir()


async def test_a_file_becomes_an_object_and_is_gone(store: ObjectStore, file: Path, tmp_path: Path) -> None:
    await store_file(store, KEY, file, 5, tmp_path / "aside")
    assert await store.get(KEY) == b"media"
    assert list(folder_of(file)) == []
    assert list((tmp_path / "aside").iterdir()) == []


async def test_where_files_have_no_second_name_they_are_copied(
    store: ObjectStore, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    await store_file(store, KEY, file, 5, tmp_path / "aside")
    assert await store.get(KEY) == b"media"
    assert list(folder_of(file)) == []


async def test_what_is_not_as_it_was_told_is_refused(store: ObjectStore, file: Path, tmp_path: Path) -> None:
    with pytest.raises(BrokenOffError, match="another size"):
        await store_file(store, KEY, file, 4, tmp_path / "aside")
    with pytest.raises(BrokenOffError, match="not there"):
        await store_file(store, KEY, file.with_name("1-1.m4s"), 5, tmp_path / "aside")
    with pytest.raises(BrokenOffError, match="another size"):
        await store_file(store, KEY, file.parent, 4_096, tmp_path / "aside")
    assert await store.size(KEY) is None
