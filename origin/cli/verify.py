"""`headwater verify`: is a package what somebody signed? Works without the server, and beside one."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from origin.catalog import signing_keys
from origin.catalog.database import Catalog
from origin.cli.common import Failed, json_option, with_settings
from origin.cli.verifying.bucket import Bucket
from origin.cli.verifying.check import PackageError, check
from origin.cli.verifying.folder import Folder
from origin.cli.verifying.progress import progress
from origin.cli.verifying.web import Web
from origin.errors import Problem
from origin.stores.table import STORES, open_store
from packager import signing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.cli.verifying.check import Report
    from origin.cli.verifying.sources import Source
    from origin.config import Settings

SHOWN: Final = 100
"""Findings printed to people; --json gives ten times as many."""
_PACKAGE: Final = re.compile(r"(?:bc|as)_[a-z0-9]+")
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]+):")
_OWN: Final = frozenset({"file", "memory"})
"""Stores that `verify` does not open: a folder is read as one, and memory is another process's."""


@click.command("verify")
@click.argument("target")
@click.option(
    "--jwks", metavar="FILE|URL", help="Public keys of whoever signed it; those of the local catalog if left out."
)
@json_option
@with_settings
def command(settings: Settings, target: str, jwks: str | None, *, as_json: bool) -> None:
    """Check a package: signatures, and every object's size and SHA-256.

    TARGET is a folder, an address (http…/play/<token>/<id>/ of an asset, its index.m3u8 or package.json), or a
    bucket and prefix (s3://…). Exit status 0: all is as it was signed; 1: something is not.
    """
    opened = _opener(target)
    keys = _given_keys(jwks) if jwks else _local_keys(settings)
    try:
        report = asyncio.run(_run(opened, keys, _expected(target), silent=as_json))
    except (PackageError, Problem) as error:
        sentence = error.detail if isinstance(error, Problem) else str(error)
        if not as_json:
            raise Failed(sentence) from error
        click.echo(json.dumps({"ok": False, "error": sentence}))
        raise SystemExit(1) from error
    click.echo(json.dumps(_document(report)) if as_json else _told(report))
    if not report.good:
        raise SystemExit(1)


async def _run(
    opened: Callable[[], Source], keys: Mapping[str, Ed25519PublicKey], package: str | None, *, silent: bool
) -> Report:
    source = opened()
    try:
        with progress(silent=silent) as watcher:
            return await check(source, keys, package, watcher)
    finally:
        await source.close()


def _opener(target: str) -> Callable[[], Source]:
    """What opens the target; a target that cannot be one is wrong usage."""
    scheme = _SCHEME.match(target)
    if scheme is None or scheme[1] == "file":
        path = Path(re.sub(r"^file:(?://(?=/))?", "", target))
        folder = path.parent if path.name == "package.json" else path
        if not folder.is_dir():
            raise click.BadParameter("there is no such folder.", param_hint="TARGET")
        return partial(Folder, folder)
    if scheme[1] in ("http", "https"):
        if not urlsplit(target).hostname:
            raise click.BadParameter("this is no address.", param_hint="TARGET")
        return partial(Web, target)
    if scheme[1] in STORES.keys() - _OWN:
        return lambda: Bucket(open_store(target))
    raise click.BadParameter("give a folder, an http address, or a bucket's URL.", param_hint="TARGET")


def _expected(target: str) -> str | None:
    """The package that a target names, if it does: the id is part of every object's key."""
    last = urlsplit(target).path.removesuffix("/package.json").rstrip("/").rpartition("/")[2]
    return last if _PACKAGE.fullmatch(last) else None


def _local_keys(settings: Settings) -> dict[str, Ed25519PublicKey]:
    file = settings.database_url.removeprefix("sqlite:///")
    if file != settings.database_url and not Path(file).exists():  # opening it would make it
        raise Failed("There is no catalog here to take public keys from; give --jwks.")
    try:
        catalog = Catalog.open(settings.database_url)
        try:
            halves = catalog.read_now(signing_keys.public_halves)
        finally:
            catalog.close()
    except Problem as problem:
        raise Failed(problem.detail) from problem
    return {kid: Ed25519PublicKey.from_public_bytes(half) for kid, half in halves.items()}


def _given_keys(jwks: str) -> dict[str, Ed25519PublicKey]:
    try:
        keys = signing.read_keys(_fetched(jwks) if jwks.startswith(("http://", "https://")) else _read(Path(jwks)))
    except OSError as error:
        raise click.BadParameter(f"it cannot be read: {error.strerror}.", param_hint="--jwks") from error
    except httpx.HTTPError as error:
        raise Failed(f"The public keys cannot be fetched ({type(error).__name__}).") from None
    except ValueError as error:
        raise Failed(f"The public keys cannot be used: {error}.") from error
    if not keys:
        raise Failed("There is no Ed25519 key in what --jwks names.")
    return keys


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(signing.MAX_KEY_SET_BYTES + 1)


def _fetched(address: str) -> bytes:
    body = b""
    with httpx.stream("GET", address, timeout=10.0) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > signing.MAX_KEY_SET_BYTES:
                break
    return body


def _document(report: Report) -> dict[str, Any]:
    package = report.package
    return {
        "ok": report.good,
        "package": package.id,
        "complete": package.complete,
        "created": package.created,
        "kid": report.kid,
        "files": len(package.files),
        "bytes": report.bytes,
        "wrong": report.wrong,
        "extras_looked_for": report.extras_seen,
        "findings": [asdict(finding) for finding in report.findings],
    }


def _told(report: Report) -> str:
    package = report.package
    lines = [f"{found.problem:<10}  {_plain(found.name)}  {found.sentence}" for found in report.findings[:SHOWN]]
    if report.wrong > len(lines):
        lines.append(f"… and {report.wrong - len(lines):,} more")
    if not package.complete:
        lines.append("The broadcast still went on when this package was written: files come and go.")
    if report.good:
        outcome = f"all {len(package.files):,} files ({report.bytes:,} bytes) are as they were signed by {report.kid}."
    else:
        outcome = f"{report.wrong:,} of {len(package.files):,} files are not as they were signed by {report.kid}."
    return "\n".join([*lines, f"{package.id}: {outcome}"])


def _plain(name: str) -> str:
    """A name that does nothing to a terminal: those that are not listed may hold any character."""
    return name if name.isprintable() else ascii(name)
