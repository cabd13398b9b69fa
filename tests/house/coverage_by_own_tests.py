"""Branch coverage of each pure module by its own test file, not by whatever else happens to pass through it.

`make coverage` runs it. A pure room has no excuse of sockets or clocks: a branch that its own tests never take is
either not tested or not needed. Prints the modules, worst first, and fails when one falls below the least.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.house.test_mirror import MODULES, candidates
from tests.house.tree import ROOT, files, is_pure

LEAST_PERCENT = 85


def percent(module: Path, tests: list[Path], folder: Path) -> float:
    """Run one module's tests and give the share of its lines and branches that were taken."""
    data, report = folder / "data", folder / "report.json"
    coverage = (sys.executable, "-m", "coverage")
    measure = ("run", "--branch", f"--data-file={data}", f"--include={module}", "-m", "pytest", "-q", *map(str, tests))
    subprocess.run([*coverage, *measure], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    write = ("json", f"--data-file={data}", "-o", str(report), "--quiet")
    subprocess.run([*coverage, *write], cwd=ROOT, check=True)
    covered: float = json.loads(report.read_text())["totals"]["percent_covered"]
    return covered


def main() -> int:
    """Measure all, print the list, and tell whether it will do."""
    found = []
    for module in filter(is_pure, MODULES):
        tests = sorted(candidates(module) & set(files()))
        if tests:
            with tempfile.TemporaryDirectory() as folder:
                found.append((percent(module, tests, Path(folder)), module))
    for share, module in sorted(found):
        sys.stdout.write(f"{share:6.1f} %  {module}\n")
    return any(share < LEAST_PERCENT for share, _ in found)


if __name__ == "__main__":
    sys.exit(main())
