from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_keys_are_rotated_beside_a_running_server(shell: Shell) -> None:
    (before,) = shell.kids()
    fresh = shell.made("keys", "rotate")
    assert shell.kids() == [fresh["kid"], before]
    only = shell.made("keys", "rotate", "--retire-old")
    assert shell.kids() == [only["kid"]]
