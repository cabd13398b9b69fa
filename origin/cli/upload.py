"""`headwater upload FILE…`: files to a running server, over any number of interruptions."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from origin.cli.common import Failed, json_option, with_client
from origin.cli.uploading import memory
from origin.cli.uploading.patience import Patience
from origin.cli.uploading.progress import progress
from origin.cli.uploading.sender import Sender

if TYPE_CHECKING:
    from origin.cli.common import Client
    from origin.cli.uploading.sender import Done


@click.command("upload")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--package", is_flag=True, help="Have each made an asset that can be played.")
@json_option
@with_client
def command(client: Client, files: tuple[Path, ...], *, package: bool, as_json: bool) -> None:
    """Upload files. Started again after an interruption, it goes on where it was.

    What the server has in the end is compared with the file by SHA-256. Exit status: 0 all are there, 1 some are not.
    """
    remembered = memory.Memory(memory.folder(os.environ), client.server)
    remembered.tidy()
    failed = False
    for path in files:
        try:
            with progress(path.name, path.stat().st_size, silent=as_json) as watcher:
                done = Sender(client, remembered, Patience(), watcher, path, package=package).send()
        except (Failed, OSError) as error:
            failed = True
            click.echo(f"Error: {error.format_message() if isinstance(error, Failed) else error}", err=True)
        else:
            _tell(path, done, as_json=as_json)
    if failed:
        raise click.exceptions.Exit(1)


def _tell(path: Path, done: Done, *, as_json: bool) -> None:
    if as_json:
        names = ("upload_id", "object_id", "size", "sha256")
        click.echo(json.dumps({"file": str(path), **{name: getattr(done, name) for name in names}}))
    else:
        click.echo(f"{done.object_id}  {path.name}")
