from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from origin.cli.uploading.memory import KEPT_S, Identity, Memory, folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text("content")
    return path


def test_an_upload_is_remembered_by_server_file_and_purpose(tmp_path: Path, file: Path) -> None:
    this, memory = Identity.of(file), Memory(tmp_path / "m", "http://a")
    memory.keep(this, "", "up_1")
    assert Memory(tmp_path / "m", "http://a").find(Identity.of(file), "") == "up_1"
    assert Memory(tmp_path / "m", "http://b").find(this, "") is None
    assert memory.find(this, "package") is None
    os.utime(file, ns=(1, 1))
    assert memory.find(Identity.of(file), "") is None
    memory.forget(this, "")
    memory.forget(this, "")
    assert memory.find(this, "") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"upload": 1}', "null", "\xff", "x" * 5000])
def test_an_entry_that_is_damaged_is_none(tmp_path: Path, file: Path, content: str) -> None:
    memory = Memory(tmp_path / "m", "http://a")
    memory.keep(Identity.of(file), "", "up_1")
    (entry,) = (tmp_path / "m").iterdir()
    entry.write_text(content, "latin-1")
    assert memory.find(Identity.of(file), "") is None


def test_a_folder_that_cannot_be_made_is_no_reason_to_fail(file: Path) -> None:
    memory = Memory(file / "no folder", "http://a")
    memory.keep(Identity.of(file), "", "up_1")
    memory.tidy()
    assert memory.find(Identity.of(file), "") is None


def test_what_is_old_goes(tmp_path: Path, file: Path) -> None:
    memory = Memory(tmp_path / "m", "http://a")
    memory.keep(Identity.of(file), "", "up_1")
    memory.keep(Identity.of(file), "package", "up_2")
    entry = next((tmp_path / "m").iterdir())
    os.utime(entry, (0, time.time() - KEPT_S - 1))
    memory.tidy()
    assert len(list((tmp_path / "m").iterdir())) == 1


def test_the_folder_is_the_user_s_cache(tmp_path: Path) -> None:
    assert folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "headwater" / "uploads"
    for other in ({}, {"XDG_CACHE_HOME": "relative"}):
        assert folder(other).parts[-3:] == (".cache", "headwater", "uploads")
