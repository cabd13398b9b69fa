"""The `headwater` command as a process of its own, beside a server on the same data."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-c", "from origin.cli.main import main; main()")


async def command(data_dir: Path, *words: str) -> tuple[int, str, str]:
    """Run it; exit status, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *words,
        env={**os.environ, "HEADWATER_DATA_DIR": str(data_dir)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()
