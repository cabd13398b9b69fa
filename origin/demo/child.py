"""The publisher's process, seen from the server: given its address on standard input, ended by closing that."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

GRACE_S: Final = 3.0
"""For saying goodbye to the server over RTMP; then the process is killed."""


class CardProcess:
    """A running `python -m origin.demo.publisher`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, url: str) -> CardProcess:
        """Publish to `url`, which ends in the stream key. Its words of trouble go to our standard error."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "origin.demo.publisher", stdin=asyncio.subprocess.PIPE
        )
        child = cls(process)
        await child._tell(url)
        return child

    async def _tell(self, url: str) -> None:
        writer = self._process.stdin
        if writer is not None:
            writer.write(f"{url}\n".encode())
            await writer.drain()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """False once it has ended."""
        return self._process.returncode is None

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
