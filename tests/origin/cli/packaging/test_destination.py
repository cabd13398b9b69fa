from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from origin.cli.packaging import destination
from origin.cli.packaging.destination import NotOurs
from tests.support.packages import laid_out, made

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_not_there_or_empty_is_taken(tmp_path: Path) -> None:
    destination.check(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    destination.check(tmp_path / "empty")


def test_a_package_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    out = laid_out(tmp_path / "out", made())
    with destination.draft(out) as folder:
        (folder / "index.m3u8").write_text("new")
        assert (out / "package.json").exists()
        destination.put_in_place(folder, out)
    assert [path.name for path in out.iterdir()] == ["index.m3u8"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert out.stat().st_mode & 0o777 == 0o755


def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path) -> None:
    holiday = tmp_path / "holiday"
    holiday.mkdir()
    (holiday / "photo.jpg").touch()
    with pytest.raises(NotOurs, match="no package"):
        destination.check(holiday)
    out = laid_out(tmp_path / "out", made())
    (out / "v0/mine.txt").touch()
    with pytest.raises(NotOurs, match=r"mine\.txt"):
        destination.check(out)
    (out / "v0/mine.txt").unlink()
    (out / "v0/link").symlink_to(tmp_path)
    with pytest.raises(NotOurs, match="link"):
        destination.check(out)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path)
    with pytest.raises(NotOurs, match="is a link"):
        destination.check(tmp_path / "out")


def test_what_came_in_the_meantime_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with destination.draft(out) as folder:
        out.mkdir()
        (out / "mine.txt").touch()
        with pytest.raises(NotOurs):
            destination.put_in_place(folder, out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_draft_goes_away_with_its_error(tmp_path: Path) -> None:
    def fail() -> None:
        with destination.draft(tmp_path / "deep" / "out") as folder:
            (folder / "v0").mkdir()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list((tmp_path / "deep").iterdir()) == []


def test_a_folder_that_is_called_as_an_asset_is_that_package(tmp_path: Path) -> None:
    assert destination.package_id(tmp_path / "as_abc", os.urandom) == "as_abc"
    assert destination.package_id(tmp_path / "out", os.urandom).startswith("as_")
