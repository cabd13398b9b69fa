from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from origin.vod.program import running
from origin.vod.program.running import ProgramFailed, run
from origin.vod.program.tales import BadTaleError, Done, Failure
from packager.recorded import Recorded, RecordedInit
from tests.support.films import Recipe

if TYPE_CHECKING:
    from pathlib import Path


def program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let another program stand in its place."""
    monkeypatch.setattr(running, "command", lambda *_: (sys.executable, "-c", text))


def test_a_film_is_told_of_up_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(Recipe(pictures=20).make())
    (tmp_path / "out").mkdir()
    with (tmp_path / "film.mp4").open("rb") as film:
        told = list(run(film.fileno(), tmp_path / "out", 7, 4.0))
    assert isinstance(told[-1], Done)
    files = {tale.stored.name for tale in told if isinstance(tale, Recorded | RecordedInit)}
    assert files == {"v0/7-init-0.mp4", "v0/7-0.m4s", "a0/7-init-0.mp4", "a0/7-0.m4s"}
    assert all((tmp_path / "out" / name).exists() for name in files)


def test_a_refusal_is_its_last_word(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    with (tmp_path / "film.mp4").open("rb") as film:
        (refusal,) = run(film.fileno(), tmp_path, 1, 4.0)
    assert isinstance(refusal, Failure)
    assert refusal.sentence.endswith(".")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os; os.abort()", "status -6; it said nothing"),
        ("raise SystemExit('no\\nway')", "status 1; way"),
        ("print('{', end='')", "status 0"),
    ],
)
def test_a_death_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    program(monkeypatch, text)
    with pytest.raises(ProgramFailed, match=said):
        list(run(0, tmp_path, 1, 4.0))


@pytest.mark.parametrize("text", ["print('{}')", "print('x' * 200_000, end='', flush=True)"])
def test_what_is_no_tale_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    program(monkeypatch, text)
    with pytest.raises((BadTaleError, ProgramFailed)):
        list(run(0, tmp_path, 1, 4.0))


def test_one_that_says_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE_S", 0.2)
    program(monkeypatch, "import time; time.sleep(600)")
    with pytest.raises(ProgramFailed, match="said nothing for"):
        list(run(0, tmp_path, 1, 4.0))


def test_it_gets_nothing_that_may_be_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET", "s")
    program(monkeypatch, "import os, json; print(json.dumps({'error': ' '.join(os.environ)}))")
    (told,) = run(0, tmp_path, 1, 4.0)
    assert isinstance(told, Failure)
    assert "HEADWATER" not in told.sentence
    assert "PATH" in told.sentence


def test_who_stops_listening_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'import os, time; print(\'{"error": "%d"}\' % os.getpid(), flush=True); time.sleep(600)'
    program(monkeypatch, text)
    told = run(0, tmp_path, 1, 4.0)
    first = next(told)
    assert isinstance(first, Failure)
    told.close()  # type: ignore[attr-defined]  # it is a generator
    with pytest.raises(ProcessLookupError):
        os.kill(int(first.sentence), 0)
