from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_doctor_finds_a_running_server_and_what_is_amiss(shell: Shell) -> None:
    result = shell.run("doctor")
    assert result.exit_code == 0, result.output
    assert "answers at" in result.stdout
    (shell.folder / "admin.key").chmod(0o644)
    result = shell.run("doctor", "--json")
    assert result.exit_code == 1
    findings = {finding["check"]: finding for finding in map(json.loads, result.stdout.splitlines())}
    assert findings["secrets"]["state"] == "bad"


def test_doctor_changes_nothing_on_a_fresh_machine(closed: Shell) -> None:
    assert closed.run("doctor").exit_code == 0
    assert list(closed.folder.iterdir()) == []
