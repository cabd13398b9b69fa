"""The program as it is run: its file, its folder, and what it tells."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from origin.vod.program import tales
from origin.vod.program.running import PROGRAM
from origin.vod.program.tales import Done, Failure, Poster, Progress
from packager.recorded import Recorded, RecordedInit
from tests.support.films import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from origin.vod.program.tales import Tale


def told(folder: Path, content: bytes, *options: str) -> tuple[int, list[Tale]]:
    """Run it on a file; its status, and what it told."""
    (folder / "film").write_bytes(content)
    (folder / "out").mkdir()
    with (folder / "film").open("rb") as film:
        words = (
            "--in-fd",
            str(film.fileno()),
            "--out",
            str(folder / "out"),
            "--epoch",
            "3",
            "--segment",
            "1",
            *options,
        )
        done = subprocess.run([*PROGRAM, *words], capture_output=True, pass_fds=(film.fileno(),), check=False)
    assert done.stderr == b""
    return done.returncode, [tales.read(line, 3) for line in done.stdout.splitlines()]


def test_all_files_are_told_of_when_they_are_there_and_the_poster_last(tmp_path: Path) -> None:
    status, found = told(tmp_path, Recipe(pictures=60).make(), "--poster")
    assert status == 0
    assert [type(tale) for tale in found[-2:]] == [Poster, Done]
    files = [tale.stored for tale in found if isinstance(tale, Recorded | RecordedInit | Poster)]
    assert {file.name: file.size for file in files} == {
        path.relative_to(tmp_path / "out").as_posix(): path.stat().st_size
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    shares = [tale.share for tale in found if isinstance(tale, Progress)]
    assert shares == sorted(shares)


def test_a_poster_is_made_only_for_who_wants_it(tmp_path: Path) -> None:
    _, found = told(tmp_path, Recipe(pictures=10).make())
    assert not any(isinstance(tale, Poster) for tale in found)


def test_a_refusal_is_one_sentence(tmp_path: Path) -> None:
    status, (refusal,) = told(tmp_path, b"no film")
    assert status == 1
    assert isinstance(refusal, Failure)


def test_a_folder_that_is_not_empty_is_no_place_for_a_film(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/v0").symlink_to(tmp_path)
    (tmp_path / "film").write_bytes(Recipe(pictures=10).make())
    (tmp_path / "3-0.m4s").touch()
    with (tmp_path / "film").open("rb") as film:
        words = ("--in-fd", str(film.fileno()), "--out", str(tmp_path / "out"), "--epoch", "3", "--segment", "1")
        done = subprocess.run([*PROGRAM, *words], capture_output=True, pass_fds=(film.fileno(),), check=False)
    assert done.returncode == 1
    assert isinstance(tales.read(done.stdout.splitlines()[-1], 3), Failure)
    assert (tmp_path / "3-0.m4s").stat().st_size == 0
