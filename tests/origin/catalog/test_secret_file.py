from __future__ import annotations

import base64
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from origin.catalog import secret_file
from origin.catalog.errors import CatalogError
from origin.config import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_the_secret_is_made_once(settings: Settings) -> None:
    secret = secret_file.load_or_make(settings, lambda count: bytes(range(count)))
    assert secret == bytes(range(32))
    assert secret_file.load_or_make(settings, os.urandom) == secret_file.load(settings) == secret
    assert names(settings.data_dir) == ["secret"]


def test_a_secret_in_the_settings_is_used_and_not_written(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret=bytes(32))
    assert secret_file.load_or_make(settings, os.urandom) == secret_file.load(settings) == bytes(32)
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"too short", base64.b64encode(bytes(31)), b"\xff" * 44, b"A" * 5000])
def test_a_damaged_secret_is_told(settings: Settings, content: bytes) -> None:
    (settings.data_dir / "secret").write_bytes(content)
    with pytest.raises(CatalogError, match="does not hold 32 bytes as base64"):
        secret_file.load(settings)


def test_many_that_make_the_secret_at_once_use_the_same(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as threads:
        secrets = set(threads.map(lambda _: secret_file.load_or_make(settings, os.urandom), range(32)))
    assert secrets == {secret_file.load(settings)}


def test_a_secret_that_is_not_there_or_cannot_be_read_is_told(settings: Settings) -> None:
    with pytest.raises(CatalogError, match="secret is missing; bring it back from a backup"):
        secret_file.load(settings)
    (settings.data_dir / "secret").mkdir()
    with pytest.raises(CatalogError, match="secret cannot be read: Is a directory"):
        secret_file.load(settings)


@pytest.mark.parametrize(("replace", "stands"), [(True, b"new"), (False, b"old")])
def test_what_is_there_gives_way_only_where_that_is_wanted(tmp_path: Path, replace: bool, stands: bytes) -> None:  # noqa: FBT001 - a column of the table above
    path = tmp_path / "made" / "file"
    assert secret_file.write_private(path, b"old", os.urandom, replace=replace)
    assert secret_file.write_private(path, b"new", os.urandom, replace=replace) == replace
    assert path.read_bytes() == stands
    assert names(path.parent) == ["file"]


def test_only_the_owner_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        secret_file.write_private(tmp_path / "file", b"x", os.urandom, replace=False)
    finally:
        os.umask(old)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret_file.write_private(tmp_path / "file", b"old", os.urandom, replace=True)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CatalogError, match="file cannot be written: No space left on device"):
        secret_file.write_private(tmp_path / "file", b"new", os.urandom, replace=True)
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"
