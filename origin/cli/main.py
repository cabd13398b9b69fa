"""`headwater`: the commands, each loaded when it is asked for, so that `--help` and client commands start at once.

Exit status: 0 done, 1 failed, 2 wrong usage (which a wrong configuration is, too).
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

import click

COMMANDS: Final = {
    "serve": "origin.cli.serve",
    "worker": "origin.cli.worker",
    "demo": "origin.cli.demo",
    "stream": "origin.cli.stream",
    "asset": "origin.cli.asset",
    "upload": "origin.cli.upload",
    "token": "origin.cli.token",
    "keys": "origin.cli.keys",
    "package": "origin.cli.package",
    "verify": "origin.cli.verify",
    "doctor": "origin.cli.doctor",
}
"""Name, and the module that holds it as `command`."""
_PARTS: Final = {"demo": "origin.demo"}
"""Commands that need a package which an installation may leave out."""


class Commands(click.Group):
    """A group that imports a command's module only to run it or to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order of the table."""
        return [name for name in COMMANDS if name not in _PARTS or find_spec(_PARTS[name])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return cast("click.Command", import_module(COMMANDS[cmd_name]).command)


def _version() -> str:
    try:
        return version("headwater")
    except PackageNotFoundError:
        return "unknown (not installed)"


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version(), message="headwater %(version)s")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Settings in TOML; headwater.toml if there is one. HEADWATER_… variables win over it.",
)
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """One origin for live, on-demand and large files."""
    ctx.obj = config


if __name__ == "__main__":
    main()
