"""`headwater package`: a film becomes a folder that any web server can serve, signed. Works without the server."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from origin.cli.common import Failed, json_option, with_settings
from origin.cli.packaging import destination, signer
from origin.cli.packaging.package import Package
from origin.cli.packaging.progress import shown
from origin.errors import Problem
from origin.vod.program.running import ProgramFailed, run
from origin.vod.program.tales import BadTaleError, Failure, Progress
from packager.film import LONGEST_S, SEGMENT_S

if TYPE_CHECKING:
    from origin.config import Settings
    from origin.vod.demux.film import LeftOut

_EPOCH: Final = 1
"""There is one writer, once."""


@click.command("package")
@click.argument("film", metavar="IN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--segment",
    metavar="SECONDS",
    type=click.FloatRange(1.0, LONGEST_S),
    default=SEGMENT_S,
    show_default=True,
    help="The least that a segment lasts; key frames decide.",
)
@json_option
@with_settings
def command(settings: Settings, film: Path, out: Path, segment: float, *, as_json: bool) -> None:
    """Package the film IN into the folder OUT: HLS and DASH of the same files, signed.

    A folder that this command has made before is replaced when the new one is whole; any other that is not empty is
    left alone. Exit status 0: done; 1: the film cannot be packaged, and OUT is as it was; 2: wrong usage.
    """
    if not film.is_file():  # a pipe would be waited for
        raise click.BadParameter("this is no file.", param_hint="IN")
    began = time.monotonic()
    try:
        package = _made(settings, film, out, segment, silent=as_json)
    except (ProgramFailed, BadTaleError, destination.NotOurs, OSError) as error:
        raise _failure(str(error), as_json=as_json) from error
    except Problem as problem:
        raise _failure(problem.detail, as_json=as_json) from problem
    click.echo(json.dumps(_document(package, out, began)) if as_json else _told(package, out))


def _made(settings: Settings, film: Path, out: Path, segment_s: float, *, silent: bool) -> Package:
    destination.check(out)
    key = signer.newest(settings)
    with film.open("rb") as file, destination.draft(out) as folder, shown(film.name, silent=silent) as bar:
        package = Package(folder, destination.package_id(out, os.urandom))
        for tale in run(file.fileno(), folder, _EPOCH, segment_s):
            if isinstance(tale, Failure):
                raise ProgramFailed(tale.sentence)
            if isinstance(tale, Progress):
                bar.reach(tale.share)
            else:
                package.add(tale)
        package.finish(key, int(time.time()))
        destination.put_in_place(folder, out)
    return package


def _failure(sentence: str, *, as_json: bool) -> click.ClickException | SystemExit:
    if not as_json:
        return Failed(sentence)
    click.echo(json.dumps({"ok": False, "error": sentence}))
    return SystemExit(1)


def _document(package: Package, out: Path, began: float) -> dict[str, Any]:
    return {
        "ok": True,
        "out": str(out),
        "package": package.id,
        "duration_s": round(package.duration_s, 3),
        "renditions": package.renditions,
        "files": len(package.files),
        "bytes": sum(file.size for file in package.files),
        "left_out": [_left_out(each) for each in package.left_out],
        "took_s": round(time.monotonic() - began, 3),
    }


def _left_out(track: LeftOut) -> dict[str, Any]:
    return {
        "index": track.index,
        "kind": track.kind,
        "codec": track.codec,
        "language": track.language,
        "why": track.why,
    }


def _told(package: Package, out: Path) -> str:
    lines = [
        f"left out: track {each.index} ({each.kind}, {each.codec}, {each.language}): {each.why}"
        for each in package.left_out
    ]
    size = sum(file.size for file in package.files)
    return "\n".join([*lines, f"{out}: {package.duration_s:.1f} s, {len(package.files):,} files, {size:,} bytes"])
