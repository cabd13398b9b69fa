from __future__ import annotations

import hashlib
import resource
from typing import TYPE_CHECKING

import pytest

from origin.vod.program.folder import MOST_CHUNKS, Folder
from packager.film import Init, Piece
from tests.packager.feed import VIDEO

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [1, 5000])
def test_a_file_is_its_pieces_one_behind_the_other(tmp_path: Path, size: int) -> None:
    folder = Folder(tmp_path)
    chunks = tuple(bytes([number % 256]) * size for number in range(MOST_CHUNKS + 10))
    folder.append(Piece("v0/1-0.m4s", chunks))
    folder.append(Piece("v0/1-0.m4s", (memoryview(b"and more"),)))
    whole = b"".join(chunks) + b"and more"
    assert folder.close() == hashlib.sha256(whole).hexdigest()
    assert (tmp_path / "v0/1-0.m4s").read_bytes() == whole


def test_an_init_segment_is_told_by_size_and_hash(tmp_path: Path) -> None:
    told = Folder(tmp_path).put_init(Init("v0/1-init-0.mp4", VIDEO, b"init"))
    assert (told.name, told.track, told.size) == ("v0/1-init-0.mp4", VIDEO, 4)
    assert told.sha256 == hashlib.sha256(b"init").hexdigest()


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "v0").mkdir()
    (tmp_path / "v0/1-0.m4s").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        Folder(tmp_path).append(Piece("v0/1-0.m4s", (b"x",)))
    assert not (tmp_path / "elsewhere").exists()


def test_a_disk_that_takes_a_part_is_given_the_rest_until_it_says_why(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    folder = Folder(tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            folder.append(Piece("v0/1-0.m4s", (bytes(6_000), bytes(6_000))))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    folder.close()
    assert (tmp_path / "v0/1-0.m4s").stat().st_size == 10_000
