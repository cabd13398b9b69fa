"""`headwater keys`: the signing keys, straight in the catalog. A server that runs beside it notices by itself."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from origin.catalog import secret_file, signing_keys
from origin.catalog.bootstrap import bootstrap, new_signing_key
from origin.catalog.database import Catalog
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


def _shown(row: SigningKeyRow) -> dict[str, object]:
    times = {"created_at": row.created_at, "retired_at": row.retired_at}
    shown: dict[str, object] = {"kid": row.kid}
    return shown | {name: _iso(at) for name, at in times.items() if at is not None}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
