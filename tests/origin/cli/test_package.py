"""The command as people use it: their files in, a folder out that verifies and decodes, or a sentence."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import av
import pytest

from tests.support.films import FILMS, Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.origin.cli.shell import Shell


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "a film.mp4"
    path.write_bytes(Recipe(b_frames=2, pictures=300, gop=25).make())
    return path


def packaged(shell: Shell, film: Path, out: Path, *options: str) -> dict[str, Any]:
    result = shell.run("package", str(film), str(out), "--json", *options)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def decoded(init: Path, *segments: Path) -> int:
    """How many frames a decoder makes of a rendition, without an error."""
    joined = init.parent / "joined.mp4"
    joined.write_bytes(b"".join(path.read_bytes() for path in (init, *segments)))
    try:
        with av.open(str(joined), options={"err_detect": "explode"}) as container:
            return sum(1 for _ in container.decode(container.streams[0]))
    finally:
        joined.unlink()


def test_a_film_becomes_a_folder_that_verifies_and_decodes(closed: Shell, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = packaged(closed, film, out, "--segment", "2")
    assert said["duration_s"] == pytest.approx(12, abs=0.04)
    assert (said["ok"], said["renditions"], said["left_out"]) == (True, ["v0", "a0"], [])
    assert closed.run("verify", str(out)).exit_code == 0
    segments = [out / f"v0/1-{msn}.m4s" for msn in range(6)]
    assert sorted((out / "v0").glob("*.m4s")) == segments
    assert decoded(out / "v0/1-init-0.mp4", *segments) == 300
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


@pytest.mark.parametrize("name", ["HEVC", "AV1", "VP9 and Opus", "fragments", "two languages", "sound alone"])
def test_films_of_all_kinds(closed: Shell, tmp_path: Path, name: str) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(FILMS[name].make())
    said = packaged(closed, film, tmp_path / "out")
    assert said["duration_s"] == pytest.approx(2, abs=0.09)
    assert closed.run("verify", str(tmp_path / "out")).exit_code == 0


def test_people_are_told_how_far_it_is_and_what_came_of_it(closed: Shell, film: Path, tmp_path: Path) -> None:
    result = closed.run("package", str(film), str(tmp_path / "out"))
    assert result.exit_code == 0
    assert "100 %" in result.stderr
    assert "12.0 s" in result.stdout


def test_what_was_made_before_is_made_anew_and_anything_else_is_left_alone(
    closed: Shell, film: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first, second = packaged(closed, film, out, "--segment", "2"), packaged(closed, film, out, "--segment", "6")
    assert first["package"] != second["package"]
    assert closed.run("verify", str(out)).exit_code == 0
    (out / "mine.txt").touch()
    refused = closed.run("package", str(film), str(out))
    assert refused.exit_code == 1
    assert "mine.txt" in refused.stderr
    assert (out / "package.json").exists()


def refusal(shell: Shell, film: Path, out: Path) -> Result:
    result = shell.run("package", str(film), str(out))
    assert (result.exit_code, result.stdout) == (1, "")
    assert not out.exists()
    assert [path for path in film.parent.iterdir() if "out" in path.name] == []
    told = shell.run("package", str(film), str(out), "--json")
    assert (told.exit_code, told.stderr) == (1, "")
    assert json.loads(told.stdout)["ok"] is False
    return result


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n"])
def test_what_is_no_film_ends_with_1_and_a_sentence(closed: Shell, tmp_path: Path, content: bytes) -> None:
    film = tmp_path / "no\nfilm.mp4"
    film.write_bytes(content)
    assert refusal(closed, film, tmp_path / "out").stderr.endswith(".\n")


def test_a_film_that_breaks_off_leaves_nothing(closed: Shell, film: Path, tmp_path: Path) -> None:
    whole = Recipe(b_frames=2, pictures=300, gop=25, options={"movflags": "faststart"}).make()
    film.write_bytes(whole[: len(whole) * 2 // 3])
    refusal(closed, film, tmp_path / "out")


def test_a_pipe_is_not_waited_for(closed: Shell, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert closed.run("package", str(tmp_path / "pipe"), str(tmp_path / "out")).exit_code == 2


@pytest.mark.parametrize("words", [(), ("none.mp4", "out"), ("--segment", "0", "a film.mp4", "out")])
def test_wrong_usage_ends_with_2(closed: Shell, words: tuple[str, ...]) -> None:
    assert closed.run("package", *words).exit_code == 2
