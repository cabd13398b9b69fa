"""A kill leaves the page cache as it is and proves nothing about flushing: so the system calls are watched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ANSWERS = 3
WRITER = f"""
import os, sys
from functools import partial
from origin.catalog import tenants
from origin.catalog.database import Catalog
catalog = Catalog.open("sqlite:///" + sys.argv[1])
for number in range({ANSWERS}):
    catalog.write_now(partial(tenants.create, tenant=tenants.Tenant(f"t{{number}}", "", 0.0)))
    os.write(2, b"answered")
catalog.close()
"""


def trace(folder: Path) -> list[str]:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    watch = [strace, "-f", "-y", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o", str(folder / "trace")]
    command = [*watch, sys.executable, "-c", WRITER, str(folder / "catalog.db")]
    done = subprocess.run(command, check=False, capture_output=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."})
    if b"ptrace" in done.stderr and b"not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    return (folder / "trace").read_text(errors="replace").splitlines()


def test_no_answer_leaves_before_the_log_was_flushed(tmp_path: Path) -> None:
    flushed, answers, flushes = True, 0, 0
    for line in trace(tmp_path):
        if "pwrite64(" in line and "catalog.db-wal>" in line:
            flushed = False
        elif ("fdatasync(" in line and "catalog.db-wal>" in line) or "fdatasync resumed" in line:
            flushed = "unfinished" not in line
            flushes += flushed
        elif '"answered"' in line:
            answers += 1
            assert flushed
            assert flushes > answers - 1
    assert answers == ANSWERS
