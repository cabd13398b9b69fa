"""`headwater worker`: does jobs and nothing else, until a signal ends it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from origin.cli.common import Failed, with_settings
from origin.errors import Problem
from origin.observe import logs

if TYPE_CHECKING:
    from origin.config import Settings


@click.command("worker")
@with_settings
def command(settings: Settings) -> None:
    """Do jobs for the servers that share this database, store and bus.

    It listens to nobody. SIGTERM or Ctrl-C gives back what is under way; a second one stops it at once.
    """
    logs.configure(level=settings.log_level, form=settings.log_format)
    if settings.store_url.startswith("memory:"):
        raise Failed("With store_url memory: nothing can be shared; a server does its jobs by itself.")
    work = import_module("origin.app").work
    try:
        work(settings)
    except Problem as problem:
        raise Failed(problem.detail) from problem
    except OSError as error:
        raise Failed(f"The worker cannot start: {error}.") from error
