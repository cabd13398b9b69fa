"""`headwater serve`: the server, until a signal ends it."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

import click

from origin.cli.common import Failed, with_settings
from origin.cli.inherited import inherited
from origin.config import ConfigError
from origin.errors import Problem
from origin.observe import logs

if TYPE_CHECKING:
    from origin.config import Settings


@click.command("serve")
@with_settings
def command(settings: Settings) -> None:
    """Run the server. SIGTERM or Ctrl-C drains it; a second one stops it at once."""
    logs.configure(level=settings.log_level, form=settings.log_format)
    # The composition root imports everything; the other commands do without.
    run = import_module("origin.app").run
    try:
        run(settings, inherited(os.environ, os.getpid()))
    except ConfigError as error:
        raise Failed(str(error)) from error
    except Problem as problem:
        raise Failed(problem.detail) from problem
    except OSError as error:
        raise Failed(f"The server cannot start: {error}.") from error
