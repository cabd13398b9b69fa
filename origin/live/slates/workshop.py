"""Where pictures are decoded and loops encoded: a process for each order, few at a time, loops kept."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import structlog

from origin.errors import Problem
from origin.live.slates import orders
from origin.live.slates.orders import Encode, Normalise, RefusedError

if TYPE_CHECKING:
    from transcoder.slate.loop import Loop

WORKERS: Final = 2
"""At a time: each may take 512 MB, and a core for a second or two."""
MOST_WAITING: Final = 16
"""Uploads that wait for a worker, with 4 MB each; others are told to come back."""
TIME_S: Final = 30.0
"""For one order, on a busy machine; its CPU time is limited to about a quarter of that."""
MOST_LOOPS: Final = 32
"""Kept, at most 2 MB each and a tenth of that as a rule: so many streams, or sizes, have their slate at once."""
_COMMAND: Final = ("-m", "origin.live.slates.worker")
_SOON: Final = (("Retry-After", "2"),)
_ENVIRONMENT: Final = ("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
"""What an interpreter may need to start; a worker, which decodes strangers' bytes, gets nothing else."""

_log = structlog.get_logger(__name__)


class Workshop:
    """Does orders. Raises `Problem`: `picture_refused`, or `worker_failed` when a process could not do its work."""

    def __init__(self) -> None:
        self._benches = asyncio.Semaphore(WORKERS)
        self._waiting = 0
        self._closing = asyncio.Event()
        self._loops: OrderedDict[Encode, Loop] = OrderedDict()

    async def normalised(self, media_type: str, data: bytes) -> bytes:
        """A JPEG of ours of an uploaded picture."""
        if self._waiting >= MOST_WAITING:
            raise Problem("worker_failed", "Many pictures are being decoded; try again in a moment.", _SOON)
        try:
            return orders.read_picture(await self._done(Normalise(media_type, data)))
        except RefusedError as refusal:
            raise Problem("picture_refused", str(refusal)) from None
        except ValueError:
            raise Problem("picture_refused", "The picture could not be decoded; save it anew, smaller.") from None

    async def loop(self, order: Encode) -> Loop:
        """The loop, encoded or kept."""
        made = self._loops.get(order)
        if made is None:
            try:
                made = orders.read_loop(await self._done(order))
            except ValueError as error:
                raise Problem("worker_failed", f"The slate could not be encoded ({error}).") from None
            self._keep(order, made)
        return made

    def close(self) -> None:
        """Give up whatever is under way: nobody waits for it any more."""
        self._closing.set()

    def _keep(self, order: Encode, made: Loop) -> None:
        self._loops[order] = made
        if len(self._loops) > MOST_LOOPS:
            self._loops.popitem(last=False)

    async def _done(self, order: Normalise | Encode) -> bytes:
        """The answer; empty when the process died or took too long."""
        self._waiting += 1
        try:
            async with self._benches:
                return b"" if self._closing.is_set() else await self._unless_closed(orders.write(order))
        finally:
            self._waiting -= 1

    async def _unless_closed(self, order: bytes) -> bytes:
        """What a worker answers, which is ended when the workshop closes."""
        work, closing = asyncio.create_task(_answer(order)), asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait((work, closing), return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else b""
        finally:
            for task in (work, closing):
                task.cancel()
            await asyncio.gather(work, closing, return_exceptions=True)


async def _answer(order: bytes) -> bytes:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, *_COMMAND),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # libav's words about a stranger's bytes
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )
    try:
        async with asyncio.timeout(TIME_S):
            answer, _ = await worker.communicate(order)
    except TimeoutError:
        answer = b""
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode or not answer:
        _log.warning("slate_worker_failed", status=worker.returncode)
        return b""
    return answer
