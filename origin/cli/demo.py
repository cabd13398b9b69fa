"""`headwater demo`: everything at once, with a test card on the air."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from origin.cli.common import Failed, with_settings
from origin.errors import Problem
from origin.observe import logs

if TYPE_CHECKING:
    from origin.config import Settings


@click.command("demo")
@with_settings
def command(settings: Settings) -> None:
    """Run the server with a test card on the air, and print a link to watch it and an address for OBS."""
    logs.configure(level="warning", form=settings.log_format)
    try:
        import_module("origin.demo").run(settings)
    except Problem as problem:
        raise Failed(problem.detail) from problem
    except OSError as error:
        raise Failed(f"The demo cannot start: {error}.") from error
