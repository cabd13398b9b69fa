"""A foreign RTMP server to publish to: ffmpeg, which listens for one publisher and keeps what it sends."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Sink:
    """`url` is where to publish; `file` grows while something is published."""

    url: str
    file: Path
    process: asyncio.subprocess.Process

    async def until_it_holds(self, size: int) -> None:
        """Wait until so many bytes have been kept."""
        while not (self.file.exists() and self.file.stat().st_size >= size):  # noqa: ASYNC110 - a file calls nobody
            await asyncio.sleep(0.05)

    async def finished(self) -> None:
        """Wait until the publisher has gone and the file is whole."""
        await self.process.wait()


@asynccontextmanager
async def rtmp_sink(folder: Path, key: str) -> AsyncIterator[Sink]:
    """Listen on a free port for one publisher with this key."""
    url = f"rtmp://127.0.0.1:{free_port()}/live/{key}"
    file = folder / "published.flv"
    command = ["ffmpeg", "-v", "quiet", "-y", "-listen", "1", "-i", url, "-c", "copy", "-flush_packets", "1", str(file)]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        yield Sink(url, file, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
