"""The command with what people should not bring: a sentence, nothing left behind; and with what few people bring."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.origin.vod.demux.libav.watch import watch
from tests.support import odd_films
from tests.support.films import FILMS, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.origin.cli.shell import Shell


def refused(shell: Shell, film: Path) -> str:
    """What is told of a film, after a look at what is left of the attempt."""
    before = sorted(film.parent.iterdir())
    told = shell.run("package", str(film), str(film.parent / "out"), "--json")
    assert (told.exit_code, told.stderr) == (1, "")
    assert [path for path in sorted(film.parent.iterdir()) if "out" in path.name or "tmp" in path.name] == []
    assert set(before) <= set(film.parent.iterdir())
    said: dict[str, Any] = json.loads(told.stdout)
    assert said["ok"] is False
    return str(said["error"])


@pytest.mark.parametrize("name", odd_films.REFUSED)
def test_a_film_that_is_none_ends_with_a_sentence(closed: Shell, tmp_path: Path, name: str) -> None:
    film = tmp_path / "a\nfilm\r\x1b[31m.mp4"
    film.write_bytes(odd_films.REFUSED[name]())
    sentence = refused(closed, film)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert str(tmp_path) not in sentence


@pytest.mark.parametrize("name", ["film.m3u8", "film.mp4", "film.ffconcat"])
@pytest.mark.parametrize("form", [odd_films.playlist, odd_films.concatenation])
def test_nothing_that_a_list_names_is_opened(
    closed: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Callable[..., bytes], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    neighbour, film = tmp_path / "neighbour.ts", tmp_path / name
    neighbour.write_bytes(Recipe(pictures=10, format="ts").make())
    with socket.create_server(("127.0.0.1", 0)) as server, watch(neighbour) as seen:
        server.settimeout(0)
        there = f"http://127.0.0.1:{server.getsockname()[1]}/film.ts"
        film.write_bytes(form("neighbour.ts", str(neighbour), f"file:{neighbour}", there))
        assert "Send the media itself" in refused(closed, film)
        assert not seen.opened()
        with pytest.raises(BlockingIOError):
            server.accept()


def packaged(shell: Shell, film: Path, *options: str) -> dict[str, Any]:
    out = film.parent / "out"
    result = shell.run("package", str(film), str(out), "--json", *options)
    assert result.exit_code == 0, result.output
    assert shell.run("verify", str(out)).exit_code == 0
    return dict(json.loads(result.stdout))


ODD: dict[str, tuple[Callable[[], bytes], float]] = {
    "one picture": (FILMS["one picture"].make, 0.04),
    "a picture a second": (odd_films.second_by_second, 5),
    "240 pictures a second": (FILMS["240 pictures a second"].make, 1),
    "pictures of 8K": (odd_films.large_picture, 0.08),
    "a picture a minute for twelve hours": (odd_films.slideshow, 719 * 60),
    "headers that count backwards": (odd_films.negative_movie, 2),
}


@pytest.mark.parametrize("name", ODD)
def test_a_film_as_few_people_bring_it_is_packaged(closed: Shell, tmp_path: Path, name: str) -> None:
    make, seconds = ODD[name]
    film = tmp_path / "a\nfilm.mp4"
    film.write_bytes(make())
    said = packaged(closed, film)
    assert said["duration_s"] == pytest.approx(seconds, abs=0.1)
    assert said["left_out"] == []


def test_twelve_hours_of_sound_are_packaged(closed: Shell, tmp_path: Path) -> None:
    film = tmp_path / "sound.mp4"
    film.write_bytes(odd_films.long_sound())
    said = packaged(closed, film, "--segment", "60")
    assert said["duration_s"] == pytest.approx(odd_films.HOURS_12, abs=0.1)
    assert said["files"] < 1_000


def test_ten_thousand_tracks_are_refused(closed: Shell, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(odd_films.many_tracks())
    assert "too many" in refused(closed, film)


def test_samples_that_go_back_follow_each_other_as_ffmpeg_has_it(closed: Shell, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(odd_films.negative_samples())
    said = packaged(closed, film)
    assert [track["why"] for track in said["left_out"]] == ["It holds nothing."]
