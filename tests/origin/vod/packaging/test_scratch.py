from __future__ import annotations

from typing import TYPE_CHECKING

from origin.vod.packaging.scratch import Scratch

if TYPE_CHECKING:
    from pathlib import Path


def folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()]


def test_a_folder_goes_with_what_is_in_it(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")
    with scratch.folder() as folder:
        (folder / "v0").mkdir()
        (folder / "v0" / "1-0.m4s").write_bytes(b"x")
        assert scratch.free_bytes > 0
    assert not folder.exists()
    scratch.close()
    assert folders(tmp_path / "scratch") == []


def test_what_a_killed_process_has_left_goes_and_what_is_in_use_stays(tmp_path: Path) -> None:
    mine = Scratch(tmp_path)
    left = tmp_path / "left"
    left.mkdir()
    (left / "source").write_bytes(b"of one that was killed")
    with mine.folder() as folder:
        another = Scratch(tmp_path)
        assert not left.exists()
        assert folder.exists()
        assert len(folders(tmp_path)) == 2
        another.close()
    mine.close()
