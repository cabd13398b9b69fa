from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.support.logs import logging_as_it_was

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origin.cli.shell import Shell


def test_wrong_settings_stop_it_before_it_starts(closed: Shell) -> None:
    result = closed.run("serve", HEADWATER_RTMP_BIND="nonsense")
    assert (result.exit_code, "rtmp_bind" in result.output) == (2, True)
    assert list(closed.folder.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_data_directory_in_use_is_a_sentence_and_a_failure(tmp_path: Path, command: str) -> None:
    with (tmp_path / "server.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        given = {**os.environ, "HEADWATER_DATA_DIR": str(tmp_path)}
        words = [sys.executable, "-m", "origin.cli.main", command]
        ran = subprocess.run(words, env=given, capture_output=True, text=True, timeout=60, check=False)
    said = f"Error: Another Headwater is running on {tmp_path}; stop it first.\n"
    assert (ran.returncode, ran.stderr) == (1, said)


def test_what_it_does_to_logging_is_undone_for_the_next_test(closed: Shell) -> None:
    root = logging.getLogger()
    before, configured = (root.level, root.handlers[:]), structlog.is_configured()
    with logging_as_it_was(), (closed.folder / "server.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert closed.run("serve", HEADWATER_LOG_LEVEL="debug").exit_code == 1
        assert logging.getLogger("origin").level == logging.DEBUG
    assert structlog.is_configured() == configured
    assert logging.getLogger("origin").level == logging.NOTSET
    assert (root.level, root.handlers) == before
