"""A kill leaves the page cache as it is and proves nothing about flushing: so the system calls are watched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PIECES = 4
WRITER = f"""
import asyncio, os, sys
from pathlib import Path
from origin.catalog.ids import DEFAULT_TENANT
from tests.origin.files.yard import yard
async def main():
    async with yard(Path(sys.argv[1])) as here:
        upload = await here.begin(1000 * {PIECES} + 1)
        for number in range({PIECES}):
            told = (await here.append(upload, 1000 * number, bytes(1000))).durable_offset
            os.write(2, b"told %d" % told)
asyncio.run(main())
"""


def trace(folder: Path) -> list[str]:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    watch = [strace, "-f", "-y", "-e", "trace=pwrite64,write,writev,fdatasync,fsync", "-o", str(folder / "trace")]
    command = [*watch, sys.executable, "-c", WRITER, str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."})
    if b"ptrace" in done.stderr and b"not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    return (folder / "trace").read_text(errors="replace").splitlines()


def test_an_offset_is_told_when_its_bytes_and_then_its_note_are_flushed(tmp_path: Path) -> None:
    steps: list[str] = []
    flushing: dict[str, str] = {}
    for line in trace(tmp_path):
        thread, call = line.split(None, 1)
        if call.startswith("writev(") and "/uploads/up_" in call:
            steps.append("write")
        elif call.startswith("pwrite64(") and "catalog.db-wal>" in call:
            steps.append("note")
        elif call.startswith(("fdatasync(", "fsync(")):
            flushing[thread] = "bytes" if "/uploads/up_" in call else "wal" if "-wal>" in call else "other"
            if "unfinished" not in call:
                steps.append(f"flushed {flushing[thread]}")
        elif "fdatasync resumed" in call or "fsync resumed" in call:
            steps.append(f"flushed {flushing[thread]}")
        elif '"told ' in call:
            steps.append("told")
    assert steps.count("told") == steps.count("write") == PIECES
    for piece in " ".join(steps).split(" told")[:PIECES]:
        after = piece[piece.rindex("write") :]
        assert after.startswith("write flushed bytes note")
        assert after.endswith("flushed wal")
