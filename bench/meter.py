"""What the kernel has charged to a process and its children: CPU seconds, and memory that is theirs."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds since the processes began, and megabytes (10^6) of memory."""

    cpu_s: float
    memory_mb: float


def family(pids: Iterable[int]) -> Iterator[int]:
    """Processes and all their descendants."""
    for pid in pids:
        yield pid
        for task in Path(f"/proc/{pid}/task").glob("*"):
            yield from family(map(int, (task / "children").read_text().split()))


def cpu_s(pid: int) -> float:
    """User and system time (proc(5), fields 14 and 15 of stat; the name in field 2 may hold spaces)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def memory_mb(pid: int) -> float:
    """Proportional set size: resident pages, shared ones divided by those who share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def read(pids: Iterable[int]) -> Reading:
    """Add it all up. A process that ends in between counts no more."""
    cpu = memory = 0.0
    for pid in family(pids):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            cpu += cpu_s(pid)
            memory += memory_mb(pid)
    return Reading(cpu, memory)
