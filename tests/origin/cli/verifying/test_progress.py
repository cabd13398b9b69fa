from __future__ import annotations

import io
from typing import TYPE_CHECKING

from origin.cli.verifying.progress import Progress, progress

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar() -> None:
    out = Terminal()
    shown = Progress(out)
    shown.begin(3, 100)
    shown.advance(50)
    shown.advance(50)
    shown.end()
    assert "3 files" in out.getvalue()
    assert "100%" in out.getvalue()


def test_anything_else_gets_a_line_for_each_tenth() -> None:
    out = io.StringIO()
    shown = Progress(out)
    shown.begin(1_000, 10_000)
    for _ in range(1_000):
        shown.advance(10)
    shown.end()
    lines = out.getvalue().splitlines()
    assert lines == ["checking 1,000 files, 10,000 bytes", *(f"{tenth * 10} %" for tenth in range(1, 11))]


def test_scripts_get_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(silent=True) as shown:
        shown.begin(1, 1)
        shown.advance(1)
    assert capsys.readouterr() == ("", "")
