"""`headwater keys`: the signing keys, straight in the catalog. A server that runs beside it notices by itself."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from origin.catalog import resealing, secret_file, signing_keys
from origin.catalog.bootstrap import bootstrap, new_signing_key
from origin.catalog.database import Catalog
from origin.catalog.resealing import Secrets
from origin.cli.common import Failed, json_option, show_table, with_settings
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from origin.catalog.signing_keys import SigningKeyRow
    from origin.config import Settings

_COLUMNS: Final = ("kid", "created_at", "retired_at")


@click.group("keys")
def command() -> None:
    """List and rotate the keys that sign tokens and manifests."""


@command.command("list")
@json_option
@with_settings
def list_keys(settings: Settings, *, as_json: bool) -> None:
    """List the keys in force, newest first."""
    with _catalog(settings) as catalog:
        rows = catalog.read_now(partial(signing_keys.active, now=time.time()))
    show_table([_shown(row) for row in rows], as_json=as_json, columns=_COLUMNS)


@command.command("rotate")
@click.option("--retire-old", is_flag=True, help="Stop trusting the older keys now: for a key that may have leaked.")
@json_option
@with_settings
def rotate(settings: Settings, *, as_json: bool, retire_old: bool) -> None:
    """Make a new key.

    A running server signs with it after a minute, when every node knows it. The older keys go on verifying, because
    links to public streams do not expire; with --retire-old they stop within half a minute, and so do those links and
    every token that was given out. What a key has signed in the store verifies for ever.
    """
    now = time.time()
    with _catalog(settings) as catalog:
        made = new_signing_key(secret_file.load(settings), now, os.urandom)
        catalog.write_now(partial(_rotate, made=made, now=now, retire_old=retire_old))
    show_table([_shown(made)], as_json=as_json, columns=_COLUMNS)


@command.command("reseal")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_settings
def reseal(settings: Settings, file: Path) -> None:
    """Seal the keys under a new secret: the 32 bytes, as base64, in FILE.

    Stop every server of this catalog first, and keep FILE until they run again. <data_dir>/secret is replaced; where
    the secret stands in the settings, or on other nodes, change it yourself. After a leak, rotate with --retire-old as
    well: whoever has the old secret and an old copy of the catalog has the old keys.
    """
    with _alone(settings) as catalog:
        secrets = Secrets(secret_file.load(settings), secret_file.read(file))
        moved = catalog.write_now(partial(resealing.reseal, secrets=secrets, random=os.urandom))
        written = secret_file.replace(settings, secrets.new, os.urandom)
    click.echo(f"Keys sealed anew: {moved}." + ("" if written else " Now change `secret` in the settings."))


def _rotate(conn: Connection, made: SigningKeyRow, now: float, *, retire_old: bool) -> None:
    if retire_old:
        signing_keys.retire(conn, now)
    signing_keys.add(conn, made)


@contextmanager
def _catalog(settings: Settings) -> Iterator[Catalog]:
    """The catalog of the settings, made if there is none: `keys` may come before the first start."""
    try:
        catalog = Catalog.open(settings.database_url)
        try:
            bootstrap(catalog, settings, time.time(), os.urandom)
            yield catalog
        finally:
            catalog.close()
    except Problem as problem:
        raise Failed(problem.detail) from problem


@contextmanager
def _alone(settings: Settings) -> Iterator[Catalog]:
    """The catalog as it is, with no server on this data directory."""
    from origin.app import LOCK, locked  # noqa: PLC0415 - all the server's rooms come with it

    try:
        with locked(settings.data_dir / LOCK):
            catalog = Catalog.open(settings.database_url)
            try:
                yield catalog
            finally:
                catalog.close()
    except FileNotFoundError:
        raise Failed(f"There is no {settings.data_dir}; the first start makes it.") from None
    except Problem as problem:
        raise Failed(problem.detail) from problem


def _shown(row: SigningKeyRow) -> dict[str, object]:
    times = {"created_at": row.created_at, "retired_at": row.retired_at}
    shown: dict[str, object] = {"kid": row.kid}
    return shown | {name: _iso(at) for name, at in times.items() if at is not None}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
