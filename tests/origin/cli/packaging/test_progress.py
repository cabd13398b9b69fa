from __future__ import annotations

import io
from typing import TYPE_CHECKING

from origin.cli.packaging.progress import Shown, shown

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar() -> None:
    out = Terminal()
    bar = Shown(out, "a film")
    for share in (0.1, 0.5, 0.4, 1.0):
        bar.reach(share)
    bar.end()
    assert "a film" in out.getvalue()
    assert "100%" in out.getvalue()


def test_anything_else_gets_a_line_for_each_tenth() -> None:
    out = io.StringIO()
    bar = Shown(out, "a film")
    for share in (0.05, 0.1, 0.15, 0.35, 0.3, 1.0):
        bar.reach(share)
    bar.end()
    assert out.getvalue().splitlines() == ["10 %", "30 %", "100 %"]


def test_scripts_get_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with shown("a film", silent=True) as bar:
        bar.reach(1.0)
    assert capsys.readouterr() == ("", "")
