from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from origin.demo.banner import Example, banner, commands

if TYPE_CHECKING:
    from pathlib import Path

SIX = ("http://h/signin/si_x", "rtmp://h:1935/live", "sk_y")


def example(folder: Path) -> Example:
    return Example("http://h", folder / "admin.key", folder / "film.mp4", "http://h/dl/token/ob/ve/film.mp4")


def test_the_last_lines_are_the_link_and_what_obs_asks_for() -> None:
    lines = banner(*SIX, None).splitlines()
    assert tuple(line.split()[-1] for line in lines[-3:]) == SIX
    assert "film" not in lines[1]


def test_and_a_line_each_for_upload_and_download_once_there_is_a_film(tmp_path: Path) -> None:
    lines = banner(*SIX, example(tmp_path), playable=True).splitlines()
    assert lines[-2:] == list(commands(example(tmp_path)))
    assert "film" in lines[1]
    assert [line.split(" curl ")[0].strip() for line in lines[-2:]] == ["Upload", "Download (6 h)"]
    assert lines[-1].split()[-1] == "http://h/dl/token/ob/ve/film.mp4"


def test_the_upload_is_one_line_for_a_shell_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s a "folder" of $HOME'
    folder.mkdir()
    (folder / "admin.key").write_text("hw_key\n")
    (folder / "film.mp4").write_bytes(bytes(7))
    line = commands(example(folder))[0].partition(" curl ")[2]
    said = subprocess.run(["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True).stdout
    assert "hw_key" not in line
    assert "Authorization: Bearer hw_key\n" in said
    assert said.partition("Upload-Length:")[2].split()[0] == "7"
    assert said.splitlines()[-2:] == [f"@{folder}/film.mp4", "http://h/v1/uploads"]
