"""The demo's other processes, seen from the server: told what to do on standard input, ended by closing that."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import Final

GRACE_S: Final = 3.0
"""For saying goodbye to the server over RTMP, or putting a draft away; then the process is killed."""
LOW: Final = 5
"""Niceness of what may wait: what is on the air gets three times as much of a core; not more, or it would starve."""


class Child:
    """A running `python -m <module>`; `origin.demo.leash` is its other end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str, order: str, *, nice: int = 0) -> Child:
        """Start it with an order of one line. Its words of trouble go to our standard error."""
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, stdin=asyncio.subprocess.PIPE)
        if nice:
            with suppress(ProcessLookupError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + nice)
        child = cls(process)
        await child._tell(order)
        return child

    async def _tell(self, order: str) -> None:
        writer = self._process.stdin
        if writer is not None:
            writer.write(f"{order}\n".encode())
            await writer.drain()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """False once it has ended."""
        return self._process.returncode is None

    async def ended(self) -> int:
        """Wait until it ends by itself; its exit status."""
        return await self._process.wait()

    async def stop(self) -> int:
        """End it, gently if it listens; its exit status."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(GRACE_S):
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()
