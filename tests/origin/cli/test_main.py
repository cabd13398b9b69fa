from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.cli.main import COMMANDS

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_help_names_what_is_there_and_nothing_else(closed: Shell) -> None:
    result = closed.run("--help")
    assert result.exit_code == 0
    listed = result.output.split("Commands:")[1].split()
    built = {"serve", "worker", "package", "verify", "upload", "stream", "asset", "token", "keys", "doctor"}
    assert built <= set(listed)
    for unbuilt in ("edge", "download"):
        assert unbuilt not in listed
        assert closed.run(unbuilt).exit_code == 2


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "demo"])
def test_every_command_explains_itself(closed: Shell, name: str) -> None:
    result = closed.run(name, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["stream", "create"],
        ["stream", "create", "x", "--latency", "ultra"],
        ["token", "sign"],
        ["token", "sign", "--playback-id", "a", "--stream-id", "b"],
        ["--config", "/nowhere/at/all.toml", "doctor"],
        ["verify"],
        ["verify", "/nowhere/at/all"],
        ["verify", "gopher://somewhere/"],
        ["verify", "memory:"],
        ["verify", "https:///path"],
        ["verify", ".", "--jwks", "/nowhere/at/all"],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_2(closed: Shell, words: list[str]) -> None:
    (closed.folder / "admin.key").write_text("hw_x")
    assert closed.run(*words).exit_code == 2
