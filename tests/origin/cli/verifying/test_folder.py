from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from origin.cli.verifying import folder as folder_module
from origin.cli.verifying.folder import Folder
from origin.cli.verifying.sources import Digest, FileError, FileMissing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "v0").mkdir(parents=True)
    (folder / "v0" / "a").write_bytes(b"content")
    (tmp_path / "secret").write_bytes(b"of somebody else")
    return folder


async def test_files_are_read_and_named(root: Path) -> None:
    source = Folder(root)
    assert await source.get("v0/a", 7) == b"content"
    assert await source.digest("v0/a", 7) == Digest(7, hashlib.sha256(b"content").hexdigest())
    assert [name async for name in source.names()] == ["v0/a"]
    await source.close()


async def test_more_than_expected_is_not_read_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "BLOCK_BYTES", 2)
    with pytest.raises(FileError, match="longer") as caught:
        await Folder(root).get("v0/a", 6)
    assert caught.value.problem == "size"
    assert (await Folder(root).digest("v0/a", 3)).size == 4


async def test_what_is_no_file_in_the_folder_is_told(root: Path) -> None:
    (root / "out").symlink_to(root.parent)
    (root / "v0" / "link").symlink_to(root.parent / "secret")
    os.mkfifo(root / "pipe")
    source = Folder(root)
    for name in ("v0/b", "v1/a", "v0/a/b"):
        with pytest.raises(FileMissing):
            await source.digest(name, 1)
    for name in ("out/secret", "v0/link", "pipe", "v0"):
        with pytest.raises(FileError) as caught:
            await source.digest(name, 1)
        assert caught.value.problem == "unreadable", name
    assert sorted([name async for name in source.names()]) == ["out", "pipe", "v0/a", "v0/link"]


async def test_many_names_come_in_pages(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "NAMES_A_CALL", 2)
    for number in range(5):
        (root / f"f{number}").touch()
    assert len([name async for name in Folder(root).names()]) == 6


async def test_a_folder_that_is_gone_is_told(root: Path) -> None:
    with pytest.raises(FileMissing):
        _ = [name async for name in Folder(root / "gone").names()]
