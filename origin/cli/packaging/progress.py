"""How far a film has come: a bar on a terminal, a line for each tenth elsewhere, on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click._termui_impl import ProgressBar

_STEPS: Final = 1000
_LINES: Final = 10


class Shown:
    """Told how much is done, 0 to 1."""

    def __init__(self, out: TextIO, label: str) -> None:
        self._out = out
        self._bar: ProgressBar[int] | None = None
        self._done = self._told = 0
        if out.isatty():
            self._bar = click.progressbar(length=_STEPS, label=label, file=out)
            self._bar.render_progress()

    def reach(self, share: float) -> None:
        """Move the bar, or print a line when another tenth is done."""
        done = max(self._done, round(share * _STEPS))
        if self._bar:
            self._bar.update(done - self._done)
        elif (tenth := done * _LINES // _STEPS) > self._told:
            self._told = tenth
            click.echo(f"{tenth * 100 // _LINES} %", file=self._out)
        self._done = done

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._bar:
            self._bar.render_finish()


class Silence:
    """For scripts."""

    def reach(self, share: float) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""


@contextmanager
def shown(film: str, *, silent: bool) -> Iterator[Shown | Silence]:
    """Give what suits standard error; `film` is a file's name, which may hold anything."""
    bar = Silence() if silent else Shown(sys.stderr, film if film.isprintable() else ascii(film))
    try:
        yield bar
    finally:
        bar.end()
