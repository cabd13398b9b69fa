"""A pytest plugin: a run that skipped something does not end like a pass.

`make test` loads it. A skipped test means that a real peer was missing, so what it shows was not shown: the run ends
with status 3 and says so. `ALLOW_SKIPS=1` keeps the words and ends with 0, for machines where nothing can be installed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

INCOMPLETE = 3


def skipped(config: pytest.Config) -> int:
    reporter: TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    return 0 if reporter is None else len(reporter.stats.get("skipped", []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.OK and skipped(session.config) and not os.environ.get("ALLOW_SKIPS"):
        session.exitstatus = INCOMPLETE


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    count = skipped(config)
    if count:
        words = f"INCOMPLETE: {count} tests were skipped for the reasons above; what they show was not shown"
        terminalreporter.write_sep("=", words, yellow=True, bold=True)
