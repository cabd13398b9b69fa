"""The Makefile's targets, and the scripts behind them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MAKEFILE = (ROOT / "Makefile").read_text()
PROMISED = {"demo", "test", "lint", "fix", "bench", "assets", "install", "lock"}


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, **environ}
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)


def tool(folder: Path, name: str, script: str) -> None:
    """Put a small program named `name` into `folder`."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_every_target_says_what_it_does() -> None:
    phony = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())  # type: ignore[index]  # it is there
    described = set(re.findall(r"^([a-z]+):.*  ## \w", MAKEFILE, re.MULTILINE))
    assert phony == described
    assert phony >= PROMISED


def test_help_lists_the_targets() -> None:
    listed = run("make", "help", MAKEFLAGS="").stdout
    assert all(f"make {target} " in listed for target in PROMISED)


def test_continuous_integration_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "exec make test" in script.read_text()


def test_a_python_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    tool(tmp_path, "python3", "exit 1")
    tool(tmp_path, "python3.12", f'exec {sys.executable} "$@"')
    found = run(ROOT / ".ci" / "python", PATH=f"{tmp_path}", PYTHON="")
    assert found.stdout.strip() == str(tmp_path / "python3.12")


def test_without_any_python_the_reason_is_given(tmp_path: Path) -> None:
    found = run(ROOT / ".ci" / "python", PATH=str(tmp_path), PYTHON="")
    assert found.returncode == 1
    assert "Python 3.11 or newer" in found.stderr


def test_what_cannot_be_installed_is_said(tmp_path: Path) -> None:
    tool(tmp_path, "id", "echo 1000")
    result = run("/bin/sh", ".ci/debian", "sh", "no-such-tool", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert result.returncode == 0
    assert "sudo apt-get install no-such-tool" in result.stdout
    assert "SKIPPED: whatever needs no-such-tool" in result.stdout


@pytest.mark.parametrize(
    ("test", "environ", "status"),
    [
        ("def test_a(): pass", {}, 0),
        ("import pytest\ndef test_a(): pytest.skip('no chromium')", {}, 3),
        ("import pytest\ndef test_a(): pytest.skip('no chromium')", {"ALLOW_SKIPS": "1"}, 0),
        ("import pytest\ndef test_a(): pytest.skip('no chromium')\ndef test_b(): assert False", {}, 1),
    ],
    ids=["passed", "skipped", "skipped with leave", "failed"],
)
def test_a_run_that_skipped_is_no_pass(tmp_path: Path, test: str, environ: dict[str, str], status: int) -> None:
    (tmp_path / "test_it.py").write_text(test)
    command = (sys.executable, "-m", "pytest", "-p", "tests.house.incomplete", "-p", "no:cacheprovider")
    result = run(*command, "--rootdir", str(tmp_path), str(tmp_path), **{"ALLOW_SKIPS": "", **environ})
    assert result.returncode == status, result.stdout
    assert ("INCOMPLETE" in result.stdout) == ("skip" in test)
