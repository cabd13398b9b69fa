from __future__ import annotations

import io
from typing import TYPE_CHECKING

from origin.cli.uploading.progress import Progress, progress

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_each_tenth_is_a_line() -> None:
    out = io.StringIO()
    shown = Progress("a.txt", 1000, out)
    for offset in (0, 50, 100, 150, 90, 100, 550, 1000):
        shown.at(offset)
    shown.say("the server is away")
    shown.end()
    assert out.getvalue().splitlines() == [
        "a.txt: 1,000 bytes",
        "a.txt: 10 %",
        "a.txt: 50 %",
        "a.txt: 100 %",
        "a.txt: the server is away",
    ]


def test_on_a_terminal_it_is_a_bar_that_may_go_back() -> None:
    out = Terminal()
    shown = Progress("a.txt", 1000, out)
    shown.at(500)
    shown.at(250)
    shown.at(1000)
    shown.end()
    assert "100%" in out.getvalue()


def test_nothing_of_nothing() -> None:
    out = io.StringIO()
    Progress("a.txt", 0, out).at(0)
    assert out.getvalue() == "a.txt: 0 bytes\n"


def test_scripts_hear_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("a.txt", 10, silent=True) as watcher:
        watcher.at(5)
        watcher.say("x")
    with progress("b.txt", 10, silent=False) as watcher:
        watcher.at(10)
    assert capsys.readouterr().err.splitlines() == ["b.txt: 10 bytes", "b.txt: 100 %"]
