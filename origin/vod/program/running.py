"""Running the program, for who may wait for it: `headwater package`."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
from typing import IO, TYPE_CHECKING, Final

from origin.vod.program import tales
from origin.vod.program.tales import Done, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from origin.vod.program.tales import Tale

PROGRAM: Final = (sys.executable, "-P", "-m", "origin.vod.program")
"""The folder in which it is started is not searched for modules."""
PATIENCE_S: Final = 300.0
"""Without a word: a minute of 8K over a network file system, or a segment of an hour's silence to convert."""
_BLOCK_BYTES: Final = 64 << 10
_ENVIRONMENT: Final = ("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
"""What an interpreter may need to start; nothing that may be secret."""


class ProgramFailed(Exception):  # noqa: N818 - says what happened
    """It ended without an answer, or did not speak as it should; the text is a sentence."""


def command(in_fd: int, out: Path, epoch: int, segment_s: float) -> Sequence[str]:
    """Its command line."""
    options = ("--in-fd", str(in_fd), "--out", str(out), "--epoch", str(epoch), "--segment", str(segment_s))
    return (*PROGRAM, *options)


def environment() -> dict[str, str]:
    """What it is given of ours."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


def run(in_fd: int, out: Path, epoch: int, segment_s: float) -> Iterator[Tale]:
    """Package the file of a descriptor into the empty folder `out`, and give what is told up to `Done` or `Failure`.

    Raises ProgramFailed and BadTaleError. Whoever stops listening ends the program.
    """
    with (
        tempfile.TemporaryFile() as last_words,
        subprocess.Popen(  # noqa: S603 - our own program
            command(in_fd, out, epoch, segment_s),
            pass_fds=(in_fd,),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=last_words,
        ) as program,
    ):
        try:
            yield from _told(program, last_words, epoch)
        finally:
            program.kill()


def _told(program: subprocess.Popen[bytes], last_words: IO[bytes], epoch: int) -> Iterator[Tale]:
    for line in _lines(program, last_words):
        tale = tales.read(line, epoch)
        yield tale
        if isinstance(tale, Done | Failure):
            return


def _lines(program: subprocess.Popen[bytes], last_words: IO[bytes]) -> Iterator[bytes]:
    """Every line, without its end. Only an error ends it."""
    out = program.stdout.fileno() if program.stdout else -1
    news = select.poll()
    news.register(out, select.POLLIN)
    rest = b""
    while True:
        *lines, rest = rest.split(b"\n")
        yield from lines
        if len(rest) > tales.MAX_LINE_BYTES:
            raise tales.BadTaleError("the packaging program tells endless tales")
        if not news.poll(PATIENCE_S * 1000):
            raise ProgramFailed(f"The program that reads the film has said nothing for {PATIENCE_S:.0f} s.")
        block = os.read(out, _BLOCK_BYTES)
        if not block:
            raise ProgramFailed(_death(program.wait(), last_words))
        rest += block


def _death(status: int, last_words: IO[bytes]) -> str:
    """Why there was no answer, as far as an exit status and the last line of what it said tell."""
    last_words.seek(0)
    lines = last_words.read(_BLOCK_BYTES).decode(errors="replace").split("\n")
    said = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    return f"The film could not be read to its end: the program that reads it died (status {status}; {said:.200})."
