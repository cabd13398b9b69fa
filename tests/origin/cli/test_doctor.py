from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.postgres import PASSWORD, migrated

if TYPE_CHECKING:
    from pathlib import Path

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


def test_doctor_tells_which_database_there_is(closed: Shell, tmp_path: Path) -> None:
    sqlite = tmp_path / "other" / "catalog.db"
    cases = {
        f"sqlite:///{sqlite}": ("ok", f"SQLite; the first start makes {sqlite}."),
        f"sqlite:///{tmp_path}": ("bad", "no file that can be read and written"),
        migrated(): ("ok", "PostgreSQL "),
        "postgresql://user:hush@127.0.0.1:1/name": ("bad", "name at 127.0.0.1:1 cannot be reached: "),
    }
    for url, (state, words) in cases.items():
        output = closed.run("doctor", "--json", HEADWATER_DATABASE_URL=url).stdout
        findings = {finding["check"]: finding for finding in map(json.loads, output.splitlines())}
        found = findings["catalog"]
        assert (found["state"], words in found["sentence"]) == (state, True), found
        assert "hush" not in output
        assert PASSWORD not in output
    assert not sqlite.parent.exists()


def test_doctor_changes_nothing_on_a_fresh_machine(closed: Shell) -> None:
    assert closed.run("doctor").exit_code == 0
    assert list(closed.folder.iterdir()) == []
