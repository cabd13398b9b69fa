"""How far a check has come: a bar on a terminal, a line for each tenth elsewhere, on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click._termui_impl import ProgressBar

LINES: Final = 10


class Progress:
    """Told by the check (`Watcher`); counts bytes, since files differ."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._bar: ProgressBar[int] | None = None
        self._size = self._done = self._told = 0

    def begin(self, files: int, size: int) -> None:
        """Show the bar, or say what there is to do."""
        self._size = size
        if self._out.isatty():
            self._bar = click.progressbar(length=max(size, 1), label=f"{files:,} files", file=self._out)
            self._bar.render_progress()
        else:
            click.echo(f"checking {files:,} files, {size:,} bytes", file=self._out)

    def advance(self, size: int) -> None:
        """Move the bar, or print a line when another tenth is done."""
        self._done += size
        if self._bar:
            self._bar.update(size)
        elif self._size and (tenth := self._done * LINES // self._size) > self._told:
            self._told = tenth
            click.echo(f"{tenth * 100 // LINES} %", file=self._out)

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._bar:
            self._bar.render_finish()


class Silence:
    """For scripts."""

    def begin(self, files: int, size: int) -> None:
        """Say nothing."""

    def advance(self, size: int) -> None:
        """Say nothing."""


@contextmanager
def progress(*, silent: bool) -> Iterator[Progress | Silence]:
    """Give what suits standard error."""
    shown = Progress(sys.stderr)
    try:
        yield Silence() if silent else shown
    finally:
        shown.end()
