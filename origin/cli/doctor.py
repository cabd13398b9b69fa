"""`headwater doctor`: looks at what a server needs on this machine, and says what to do about what is amiss.

It changes nothing, and works beside a running server.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import stat
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import httpx

from origin.catalog import secret_file
from origin.catalog.database import look
from origin.cli.common import json_option, show_table, with_settings
from origin.errors import Problem
from origin.web.pages import DIST

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.config import Address, Settings

LOW_DISK_BYTES: Final = 5 << 30
"""Two hours of one stream at 6 Mbit/s."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check: `ok`, `note` (works, could be better) or `bad`."""

    check: str
    state: str
    sentence: str


@click.command("doctor")
@json_option
@with_settings
def command(settings: Settings, *, as_json: bool) -> None:
    """Check this machine and these settings; exit status 1 if something would not work."""
    findings = [Finding(name, *check(settings)) for name, check in CHECKS.items()]
    show_table([asdict(finding) for finding in findings], as_json=as_json, columns=("check", "state", "sentence"))
    if any(finding.state == "bad" for finding in findings):
        raise SystemExit(1)


def _data_dir(settings: Settings) -> tuple[str, str]:
    path = settings.data_dir
    existing = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return "bad", f"{existing} cannot be written; change its owner or set data_dir."
    free = shutil.disk_usage(existing).free
    if free < LOW_DISK_BYTES:
        return "note", f"Only {free >> 20} MiB are free at {existing}."
    return "ok", f"{path} can be written, {free >> 30} GiB are free."


def _secrets(settings: Settings) -> tuple[str, str]:
    for path in (settings.data_dir / "secret", settings.data_dir / "admin.key"):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            return "bad", f"{path} can be read by others; chmod 600 it, and rotate what it holds."
    if settings.secret is None and not (settings.data_dir / "secret").exists():
        return "ok", "The first start makes them."
    try:
        secret_file.load(settings)
    except Problem as problem:
        return "bad", problem.detail
    return "ok", "They are there, for their owner only."


def _catalog(settings: Settings) -> tuple[str, str]:
    try:
        return "ok", look(settings.database_url)
    except Problem as problem:
        return "bad", problem.detail


def _certificate(settings: Settings) -> tuple[str, str]:
    if settings.tls_cert is None:
        return "ok", "None is set: plain HTTP and RTMP."
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        return "bad", f"{settings.tls_cert} with {settings.tls_key} cannot be used: {error}."
    return "ok", f"{settings.tls_cert} can be used."


def _listeners(settings: Settings) -> tuple[str, str]:
    if _running(settings):
        return "ok", f"A Headwater answers at {settings.base_url()}."
    wanted = [settings.http_bind, settings.ops_bind, settings.rtmp_bind, settings.rtmps_bind]
    taken = [str(address) for address in wanted if address and not _free(address)]
    if taken:
        return "bad", f"Cannot listen at {', '.join(taken)}: something else does, or it is not allowed."
    return "ok", "All addresses are free."


def _running(settings: Settings) -> bool:
    try:
        answer = httpx.get(f"{settings.base_url()}/healthz", timeout=3.0)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return answer.is_success


def _free(address: Address) -> bool:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        socket.create_server(tuple(address), family=family).close()
    except OSError:
        return False
    return True


def _pages(_settings: Settings) -> tuple[str, str]:
    if (Path(DIST) / "watch.html").exists():
        return "ok", "They are built."
    return "note", "They are not built; `make assets` does it. All but the pages works without."


def _loop(_settings: Settings) -> tuple[str, str]:
    if find_spec("uvloop"):
        return "ok", "uvloop is installed."
    return "note", "uvloop is not installed; asyncio's own loop needs about twice the CPU."


CHECKS: Final[dict[str, Callable[[Settings], tuple[str, str]]]] = {
    "data directory": _data_dir,
    "secrets": _secrets,
    "catalog": _catalog,
    "certificate": _certificate,
    "listeners": _listeners,
    "pages": _pages,
    "event loop": _loop,
}
