"""The packaging program as a process of its own, which decodes what strangers have sent, without our environment.

It reads the file from a descriptor, writes into a folder, and tells on its standard output what is whole there. When
we read more slowly than it writes, its pipe is full and it waits: so no more than some hundred files are ahead of us.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import structlog

from origin.vod.performers import BrokenOffError, RefusedError
from origin.vod.program import running, tales
from origin.vod.program.tales import BadTaleError, Done, Failure

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence
    from pathlib import Path

    from origin.vod.program.tales import Tale

PROGRAM: Final = (*running.PROGRAM, "--poster")
SILENCE_S: Final = 600.0
"""Without a word, of progress or otherwise, it has got stuck."""
END_S: Final = 10.0
"""From its last word to its end."""
NICE: Final = 10
"""What is on the air on this machine goes first."""
WORDS_BYTES: Final = 4_096
"""Of what it says on standard error, the end is kept for our log: the last lines of a traceback."""
_BROKE_OFF: Final = "The program that packages files broke off in the middle of this one"

_log = structlog.get_logger(__name__)


class Child:
    """A program that runs."""

    def __init__(self, process: Process, epoch: int) -> None:
        self._process = process
        self._epoch = epoch

    async def tales(self) -> AsyncGenerator[Tale, None]:
        """What it tells, up to its end. Raises `RefusedError` with its sentence, and `BrokenOffError`."""
        told: Tale | None = None
        while line := await self._line():
            try:
                told = tales.read(line, self._epoch)
            except BadTaleError as error:
                raise BrokenOffError(str(error)) from None
            if isinstance(told, Failure):
                raise RefusedError(told.sentence)
            if isinstance(told, Done):
                break
            yield told
        await self._check_end(told)

    async def _line(self) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        try:
            async with asyncio.timeout(SILENCE_S):
                return await self._process.stdout.readline()
        except TimeoutError:
            raise BrokenOffError(f"{_BROKE_OFF}: it said nothing for {SILENCE_S / 60:.0f} minutes.") from None
        except ValueError:  # asyncio's word for a line beyond the limit
            raise BrokenOffError(f"{_BROKE_OFF}: it said too much at once.") from None

    async def _check_end(self, last: Tale | None) -> None:
        try:
            async with asyncio.timeout(END_S):
                status = await self._process.wait()
        except TimeoutError:
            raise BrokenOffError(f"{_BROKE_OFF}: it does not end.") from None
        if status or not isinstance(last, Done):
            how = f"signal {-status}" if status < 0 else f"status {status}"
            raise BrokenOffError(f"{_BROKE_OFF} ({how}).")


@asynccontextmanager
async def started(program: Sequence[str], file: int, out: Path, epoch: int, segment_s: float) -> AsyncIterator[Child]:
    """Run the program on an open file; it is killed at the end if it still runs."""
    told = ("--in-fd", str(file), "--out", str(out), "--epoch", str(epoch), "--segment", str(segment_s))
    process = await asyncio.create_subprocess_exec(
        *(*program, *told),
        pass_fds=(file,),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=tales.MAX_LINE_BYTES,
        env=running.environment(),
    )
    with suppress(ProcessLookupError, PermissionError):  # it has ended, or we are nicer than that ourselves
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    words = asyncio.create_task(_last_words(process))
    try:
        yield Child(process, epoch)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await asyncio.wait((words,), timeout=END_S)  # a child of its own could keep the pipe open
        words.cancel()
        if words.done() and (said := words.result()):
            _log.warning("packaging_program_said", said=said, status=process.returncode)


async def _last_words(process: Process) -> str:
    assert process.stderr is not None  # noqa: S101 - it was started with a pipe
    end = b""
    while chunk := await process.stderr.read(WORDS_BYTES):
        end = (end + chunk)[-WORDS_BYTES:]
    return end.decode(errors="replace")
