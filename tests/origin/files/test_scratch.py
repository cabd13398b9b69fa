from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from origin.files.scratch import FileLostError, Scratch
from origin.stores.drafts import write_all

if TYPE_CHECKING:
    from pathlib import Path

ID = "up_" + "a" * 32


def test_a_file_grows_behind_what_is_safe(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    scratch.create(ID)
    handle = scratch.open(ID, 0)
    write_all(handle, [b"abc", b"def"] * 600)
    os.close(handle)
    assert scratch.path(ID).read_bytes() == b"abcdef" * 600
    handle = scratch.open(ID, 4)
    write_all(handle, (b"X",))
    os.close(handle)
    assert scratch.path(ID).read_bytes() == b"abcdX"


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    scratch.create(ID)
    assert stat.S_IMODE(scratch.path(ID).stat().st_mode) == 0o600
    assert stat.S_IMODE(scratch.path(ID).parent.stat().st_mode) == 0o700


def test_a_file_that_is_too_short_or_gone_is_lost(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    with pytest.raises(FileLostError):
        scratch.open(ID, 0)
    scratch.create(ID)
    with pytest.raises(FileLostError):
        scratch.open(ID, 1)
    scratch.remove(ID)
    scratch.remove(ID)
    assert not scratch.has(ID)


@pytest.mark.parametrize("name", ["", "..", "../x", "up_" + "a" * 31, "up_" + "A" * 32, "up_" + "a" * 31 + "/"])
def test_only_an_id_is_the_name_of_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not the id"):
        Scratch(tmp_path).path(name)


def test_the_place_stays_the_same(tmp_path: Path) -> None:
    place = Scratch(tmp_path).place
    scratch = Scratch(tmp_path)
    scratch.create(ID)
    assert scratch.place == place != Scratch(tmp_path / "other").place
    assert scratch.left() == [ID]
    assert scratch.room() < os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
