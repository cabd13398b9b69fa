from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from origin.app import LOCK, locked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origin.cli.shell import Shell


def test_keys_are_rotated_beside_a_running_server(shell: Shell) -> None:
    (before,) = shell.kids()
    fresh = shell.made("keys", "rotate")
    assert shell.kids() == [fresh["kid"], before]
    only = shell.made("keys", "rotate", "--retire-old")
    assert shell.kids() == [only["kid"]]


def test_a_new_secret_opens_what_the_old_one_sealed(closed: Shell, tmp_path: Path) -> None:
    kids = closed.kids()
    old = (tmp_path / "secret").read_text()
    new = tmp_path / "new"
    new.write_text(base64.b64encode(b"n" * 32).decode())
    result = closed.run("keys", "reseal", str(new))
    assert (result.exit_code, result.stdout) == (0, "Keys sealed anew: 1.\n"), result.output
    assert (tmp_path / "secret").read_text() == new.read_text() + "\n"
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert closed.kids() == kids
    (tmp_path / "secret").write_text(old)
    assert closed.run("keys", "list").exit_code == 1
    assert closed.run("keys", "reseal", str(new)).exit_code == 0, "as after a crash between catalog and file"
    assert closed.kids() == kids


def test_a_secret_of_the_settings_is_the_operator_s_to_change(closed: Shell, tmp_path: Path) -> None:
    old, new = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))
    (tmp_path / "new").write_text(new)
    assert closed.run("keys", "list", HEADWATER_SECRET=old).exit_code == 0
    result = closed.run("keys", "reseal", str(tmp_path / "new"), HEADWATER_SECRET=old)
    assert "change `secret`" in result.stdout
    assert closed.run("keys", "list", HEADWATER_SECRET=old).exit_code == 1
    assert closed.run("keys", "list", HEADWATER_SECRET=new).exit_code == 0
    assert new not in result.output


def test_nothing_is_resealed_under_a_running_server_or_by_a_file_that_is_none(closed: Shell, tmp_path: Path) -> None:
    kids = closed.kids()
    new = tmp_path / "new"
    new.write_text("too short")
    assert "32 bytes" in closed.run("keys", "reseal", str(new)).stderr
    new.write_text(base64.b64encode(b"n" * 32).decode())
    with locked(tmp_path / LOCK):
        result = closed.run("keys", "reseal", str(new))
    assert (result.exit_code, "stop it first" in result.stderr) == (1, True)
    assert closed.run("keys", "reseal", str(new), HEADWATER_DATA_DIR=str(tmp_path / "none")).exit_code == 1
    assert closed.kids() == kids
