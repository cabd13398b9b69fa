"""How far a file has come: a bar on a terminal, a line for each tenth elsewhere, on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click._termui_impl import ProgressBar

LINES: Final = 10


class Watcher(Protocol):
    """Who hears how far a file is."""

    def at(self, offset: int) -> None:
        """So many bytes are sent. May be less than before, where some have to be sent again."""

    def say(self, sentence: str) -> None:
        """Something that a person who waits should know."""


class Progress:
    """For people."""

    def __init__(self, name: str, size: int, out: TextIO) -> None:
        self._out = out
        self._name = name
        self._size = size
        self._told = self._shown = 0
        self._bar: ProgressBar[int] | None = None
        if out.isatty():
            self._bar = click.progressbar(length=max(size, 1), label=name, file=out)
            self._bar.render_progress()
        else:
            click.echo(f"{name}: {size:,} bytes", file=out)

    def at(self, offset: int) -> None:
        """As `Watcher`."""
        if self._bar:
            self._bar.update(offset - self._shown)
            self._shown = offset
        elif self._size and (tenth := offset * LINES // self._size) > self._told:
            self._told = tenth
            click.echo(f"{self._name}: {tenth * 100 // LINES} %", file=self._out)

    def say(self, sentence: str) -> None:
        """As `Watcher`, on a line of its own."""
        click.echo(f"{chr(10) * (self._bar is not None)}{self._name}: {sentence}", file=self._out)

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._bar:
            self._bar.render_finish()


class Silence:
    """For scripts."""

    def at(self, offset: int) -> None:
        """Say nothing."""

    def say(self, sentence: str) -> None:
        """Say nothing."""


@contextmanager
def progress(name: str, size: int, *, silent: bool) -> Iterator[Watcher]:
    """Give what suits standard error."""
    if silent:
        yield Silence()
        return
    shown = Progress(name, size, sys.stderr)
    try:
        yield shown
    finally:
        shown.end()
