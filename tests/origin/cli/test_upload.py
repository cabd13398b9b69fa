from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from origin.cli.uploading import patience

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origin.cli.shell import Shell


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Grüße.mp4"
    path.write_bytes(os.urandom(3_000_000))
    return path


def test_files_go_up(shell: Shell, file: Path) -> None:
    other = file.with_name("empty.txt")
    other.touch()
    result = shell.run("upload", str(file), str(other))
    assert result.exit_code == 0, result.output
    names = [line.split(None, 1)[1] for line in result.stdout.splitlines()]
    assert names == ["Grüße.mp4", "empty.txt"]
    assert "Grüße.mp4: 100 %" in result.stderr


def test_scripts_get_json(shell: Shell, file: Path) -> None:
    said = shell.made("upload", str(file), "--package")
    assert said["file"] == str(file)
    assert said["object_id"].startswith("ob_")
    assert (said["size"], said["sha256"]) == (3_000_000, hashlib.sha256(file.read_bytes()).hexdigest())


def test_one_that_fails_does_not_keep_the_others(closed: Shell, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES_S", (0.0,))
    result = closed.run("upload", str(file), str(file), HEADWATER_API_KEY="hw_" + "a" * 32)
    assert result.exit_code == 1
    assert result.stderr.count("does not answer") >= 2
    assert result.stdout == ""


def test_a_wrong_key_is_told(shell: Shell, file: Path) -> None:
    result = shell.run("upload", str(file), "--json", HEADWATER_API_KEY="hw_" + "a" * 32)
    assert result.exit_code == 1
    assert "This API key is not known" in result.stderr


def test_what_is_no_file_is_wrong_usage(closed: Shell, tmp_path: Path) -> None:
    for words in (["upload"], ["upload", str(tmp_path)], ["upload", str(tmp_path / "none")]):
        assert closed.run(*words).exit_code == 2
