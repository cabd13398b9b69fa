"""`headwater demo` as a user starts it, on free ports and in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

READY_S = 60
LABELS = ("Open (once)", "OBS server", "OBS stream key", "Upload", "Download (6 h)")
COMMAND = (sys.executable, "-c", "from origin.cli.main import main; main()", "demo")


@dataclass(frozen=True, slots=True)
class Demo:
    """What its last lines say."""

    process: asyncio.subprocess.Process
    link: str
    rtmp_url: str
    stream_key: str
    upload: str
    """A line of shell, as is the next."""
    download: str

    @property
    def base(self) -> str:
        """The server's address."""
        return self.link.partition("/signin/")[0]

    async def interrupt(self) -> int:
        """Press Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return await self.process.wait()


def environment(folder: Path) -> dict[str, str]:
    """Free ports, data in `folder`."""
    binds = {f"HEADWATER_{name}_BIND": "127.0.0.1:0" for name in ("HTTP", "OPS", "RTMP")}
    return {**os.environ, **binds, "HEADWATER_DATA_DIR": str(folder)}


async def _words(output: asyncio.StreamReader) -> list[str]:
    """Read up to the last of the last lines; what each says behind its label."""
    said = b""
    async with asyncio.timeout(READY_S):
        async for line in output:
            said += line
            if line.strip().startswith(LABELS[-1].encode()):
                found = re.findall(rf"^  ({'|'.join(map(re.escape, LABELS))}) +(.*)$", said.decode(), re.MULTILINE)
                assert [label for label, _ in found] == list(LABELS)
                return [words for _, words in found]
    raise AssertionError(f"the demo ended and said: {said.decode()}")


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[Demo]:
    """Run it until it is ready; interrupted on leaving, if it was not before."""
    process = await asyncio.create_subprocess_exec(*COMMAND, env=environment(folder), stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Demo(process, *await _words(process.stdout))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.wait()
